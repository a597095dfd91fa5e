#include "datasets/codecs/tiff_pages.h"

namespace multipole::codecs {
namespace {

constexpr uint32_t kMostPages = 4096;  // that are looked at

struct TiffPage {
  uint32_t kind = 0, width = 0, height = 0;

  bool is_overview() const { return (kind & FILETYPE_REDUCEDIMAGE) != 0; }
  bool is_mask() const { return (kind & FILETYPE_MASK) != 0; }
  bool is_of_size(const TiffPage& other) const { return width == other.width && height == other.height; }
};

TiffPage current_page(const TiffReader& reader) {
  return {reader.field<uint32_t>(TIFFTAG_SUBFILETYPE, 0), reader.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0),
          reader.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0)};
}

}  // namespace

TiffPages find_pages(const TiffReader& reader, const ByteSource& source) {
  TiffPages pages;
  if (TIFFLastDirectory(reader.get()) != 0) return pages;
  // a reader of its own: damage to a later page is no damage to the picture
  const TiffReader scout(source);
  std::optional<TiffPage> picture;
  for (uint32_t place = 0;; ++place) {
    const TiffPage page = current_page(scout);
    if (!page.is_overview() && !page.is_mask()) {
      if (picture) pages.has_more = true;
      if (!picture) pages.picture = place;
      if (!picture) picture = page;
    } else if (picture && page.is_mask() && !page.is_overview() && !pages.mask && page.is_of_size(*picture)) {
      pages.mask = place;
    }
    if (TIFFLastDirectory(scout.get()) != 0) return pages;
    if (place == kMostPages || TIFFReadDirectory(scout.get()) != 1) {
      pages.has_more = true;
      return pages;
    }
  }
}

}  // namespace multipole::codecs
