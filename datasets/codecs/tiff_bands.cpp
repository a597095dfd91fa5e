#include "datasets/codecs/tiff_bands.h"

#include <algorithm>
#include <cstdint>

#include "datasets/codecs/codec.h"

namespace multipole::codecs {
namespace {

using Kinds = std::vector<uint16_t>;

bool is_alpha(uint16_t kind) { return kind == EXTRASAMPLE_ASSOCALPHA || kind == EXTRASAMPLE_UNASSALPHA; }

Kinds extra_kinds(const TiffReader& reader) {
  uint16_t count = 0;
  const uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(reader.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || kinds == nullptr) return {};
  return {kinds, kinds + count};
}

// How many bands are colours; all of them where libtiff alone knows.
int num_colors(int photometric, int count) {
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
      return 1;
    case PHOTOMETRIC_RGB:
      return 3;
    case PHOTOMETRIC_SEPARATED:
      return 4;
    default:
      return count;
  }
}

std::string band_range(int colors, int count) {
  return "bands 1 to " + std::to_string(colors) + " of " + std::to_string(count) + " are taken as ";
}

// Gray and one alpha. libtiff passes the gray on as it stands.
void settle_gray_alpha(const TiffReader& reader, uint16_t kind, TiffBands& bands) {
  if (reader.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1) == 16) {
    throw CodecError("a gray TIFF of 16 bits with alpha; write it with 8 bits, or as RGB with alpha");
  }
  bands.alpha = kind == EXTRASAMPLE_ASSOCALPHA ? RasterAlpha::kPremultiplied : RasterAlpha::kStraight;
}

// Red, green, blue and whatever `kinds` says of the bands behind them.
void settle_rgb(const TiffReader& reader, const Kinds& kinds, bool is_guess, TiffBands& bands) {
  const bool has_alpha = !kinds.empty() && is_alpha(kinds.front());
  bands.colors = 3;
  // libtiff multiplies; where it takes a fourth band for alpha by itself, it is one that is multiplied by already
  bands.alpha = has_alpha ? RasterAlpha::kPremultiplied : RasterAlpha::kNone;
  TIFFSetField(reader.get(), TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(reader.get(), TIFFTAG_EXTRASAMPLES, has_alpha ? static_cast<int>(kinds.size()) : 0, kinds.data());
  if (!is_guess && bands.count == bands.colors + (has_alpha ? 1 : 0)) return;
  bands.notes.push_back(band_range(bands.colors, bands.count) + "red, green and blue" +
                        (has_alpha ? ", band 4 as alpha" : ""));
}

}  // namespace

TiffBands settle_bands(const TiffReader& reader) {
  TiffBands bands;
  bands.count = reader.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  Kinds kinds = extra_kinds(reader);
  const bool three_colors = bands.count - static_cast<int>(kinds.size()) == 3;
  // as libtiff takes a file that does not say
  const int photometric =
      reader.field<uint16_t>(TIFFTAG_PHOTOMETRIC, three_colors ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  bands.colors = num_colors(photometric, bands.count);
  if (bands.count <= bands.colors) return bands;
  kinds.resize(static_cast<size_t>(bands.count - bands.colors), EXTRASAMPLE_UNSPECIFIED);

  if (photometric == PHOTOMETRIC_SEPARATED) {
    bands.notes.push_back(band_range(bands.colors, bands.count) + "cyan, magenta, yellow and black");
  } else if (photometric == PHOTOMETRIC_RGB) {
    settle_rgb(reader, kinds, /*is_guess=*/false, bands);
  } else if (photometric == PHOTOMETRIC_MINISBLACK && bands.count == 2 && is_alpha(kinds.front())) {
    settle_gray_alpha(reader, kinds.front(), bands);
  } else if (photometric == PHOTOMETRIC_MINISBLACK && bands.count >= 3 && !is_alpha(kinds.front()) &&
             !is_alpha(kinds[1])) {
    settle_rgb(reader, Kinds(kinds.begin() + 2, kinds.end()), /*is_guess=*/true, bands);
  } else {
    throw CodecError("a TIFF of " + std::to_string(bands.count) +
                     " bands, of which only the first is said to be a colour; write that band alone, or red, green and "
                     "blue as the first three");
  }
  return bands;
}

}  // namespace multipole::codecs
