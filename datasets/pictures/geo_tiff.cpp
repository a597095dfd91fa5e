#include "datasets/pictures/geo_tiff.h"

#include <tiffio.h>

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/error.h"
#include "datasets/codecs/tiff_reader.h"

namespace multipole {
namespace {

constexpr uint32_t kPixelScale = 33550, kTiepoint = 33922, kTransformation = 34264, kKeyDirectory = 34735,
                   kKeyDoubles = 34736, kKeyText = 34737;
constexpr int64_t kBigTiffBytes = int64_t{2} << 30;  // from here on offsets of 32 bits may not do

TIFFFieldInfo field_of(uint32_t tag, TIFFDataType type, const char* name) {
  const bool is_text = type == TIFF_ASCII;
  return {tag,          -1, static_cast<short>(is_text ? -1 : TIFF_VARIABLE2), type,
          FIELD_CUSTOM, 1,  static_cast<unsigned char>(is_text ? 0 : 1),       const_cast<char*>(name)};
}

// libtiff does not know these tags by itself.
void declare_geo_tags(TIFF* tiff) {
  const std::array fields = {field_of(kPixelScale, TIFF_DOUBLE, "ModelPixelScale"),
                             field_of(kTiepoint, TIFF_DOUBLE, "ModelTiepoint"),
                             field_of(kTransformation, TIFF_DOUBLE, "ModelTransformation"),
                             field_of(kKeyDirectory, TIFF_SHORT, "GeoKeyDirectory"),
                             field_of(kKeyDoubles, TIFF_DOUBLE, "GeoDoubleParams"),
                             field_of(kKeyText, TIFF_ASCII, "GeoAsciiParams")};
  TIFFMergeFieldInfo(tiff, fields.data(), static_cast<uint32_t>(fields.size()));
}

// A tag that libtiff met without knowing it comes as a count and values of the type in the file.
template <class T>
std::vector<T> values_of(TIFF* tiff, uint32_t tag, TIFFDataType type) {
  const TIFFField* const field = TIFFFindField(tiff, tag, TIFF_ANY);
  uint32_t count = 0;
  const T* values = nullptr;
  if (field == nullptr || TIFFFieldDataType(field) != type || TIFFGetField(tiff, tag, &count, &values) != 1) return {};
  return {values, values + count};
}

template <class T>
void set_values(TIFF* tiff, uint32_t tag, const std::vector<T>& values) {
  if (!values.empty()) TIFFSetField(tiff, tag, static_cast<uint32_t>(values.size()), values.data());
}

}  // namespace

std::optional<GeoTags> read_geo_tags(const std::filesystem::path& path) {
  const codecs::FileSource source(path);
  std::array<char, 2> order = {};
  source.read(0, order.data(), order.size());
  if (order != std::array{'I', 'I'} && order != std::array{'M', 'M'}) return std::nullopt;
  const codecs::TiffReader reader(source);
  GeoTags tags;
  tags.pixel_scale = values_of<double>(reader.get(), kPixelScale, TIFF_DOUBLE);
  tags.tiepoints = values_of<double>(reader.get(), kTiepoint, TIFF_DOUBLE);
  tags.transformation = values_of<double>(reader.get(), kTransformation, TIFF_DOUBLE);
  tags.keys = values_of<uint16_t>(reader.get(), kKeyDirectory, TIFF_SHORT);
  tags.key_doubles = values_of<double>(reader.get(), kKeyDoubles, TIFF_DOUBLE);
  const auto text = values_of<char>(reader.get(), kKeyText, TIFF_ASCII);
  tags.key_text = std::string(text.begin(), std::find(text.begin(), text.end(), '\0'));
  const bool placed = !tags.transformation.empty() || !tags.tiepoints.empty() || !tags.keys.empty();
  if (!placed || reader.field<uint16_t>(TIFFTAG_ORIENTATION, 1) != ORIENTATION_TOPLEFT) return std::nullopt;
  return tags;
}

class GeoTiffWriter::File {
 public:
  File(const std::filesystem::path& path, const char* mode) : path_(path) {
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                               TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(
        options.get(),
        [](TIFF*, void* user, const char*, const char* format, va_list arguments) {
          auto& message = static_cast<File*>(user)->message_;
          char text[256];
          std::vsnprintf(text, sizeof(text), format, arguments);
          if (message.empty()) message = text;
          return 1;
        },
        this);
    tiff_.reset(TIFFOpenExt(path.c_str(), mode, options.get()));
    check(tiff_ != nullptr);
  }

  TIFF* get() { return tiff_.get(); }
  void check(bool ok) const {
    if (!ok || !message_.empty()) throw ResourceError("cannot write " + path_.string() + ": " + message_);
  }
  void close() {
    check(TIFFFlush(tiff_.get()) == 1);
    tiff_.reset();
    check(true);
  }

 private:
  std::filesystem::path path_;
  std::string message_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
};

GeoTiffWriter::GeoTiffWriter(const std::filesystem::path& path, int64_t height, int64_t width,
                             const std::vector<PaletteColor>& palette, const GeoTags& tags)
    : file_(std::make_unique<File>(path, height > kBigTiffBytes / width ? "w8" : "w")) {
  TIFF* const tiff = file_->get();
  declare_geo_tags(tiff);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(height));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_PALETTE);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
  std::array<std::vector<uint16_t>, 3> map;
  for (const auto& color : palette) {
    for (size_t c = 0; c < 3; ++c) map[c].push_back(static_cast<uint16_t>(color[c] * 257));
  }
  TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0].data(), map[1].data(), map[2].data());
  set_values(tiff, kPixelScale, tags.pixel_scale);
  set_values(tiff, kTiepoint, tags.tiepoints);
  set_values(tiff, kTransformation, tags.transformation);
  set_values(tiff, kKeyDirectory, tags.keys);
  set_values(tiff, kKeyDoubles, tags.key_doubles);
  if (!tags.key_text.empty()) TIFFSetField(tiff, kKeyText, tags.key_text.c_str());
  file_->check(true);
}

GeoTiffWriter::~GeoTiffWriter() = default;

void GeoTiffWriter::write(const torch::Tensor& rows) {
  const torch::Tensor bytes = rows.clone(torch::MemoryFormat::Contiguous);  // libtiff may change what it writes
  for (int64_t y = 0; y < bytes.size(0); ++y, ++next_row_) {
    auto* const row = bytes.data_ptr<uint8_t>() + y * bytes.size(1);
    file_->check(TIFFWriteScanline(file_->get(), row, static_cast<uint32_t>(next_row_), 0) == 1);
  }
}

void GeoTiffWriter::finish() { file_->close(); }

}  // namespace multipole
