// What the pages of a TIFF are to each other: a picture, smaller copies of it (overviews), masks, further pictures.
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/tiff_reader.h"

namespace multipole::codecs {

struct TiffPages {
  uint32_t picture = 0;          // the first of full resolution
  std::optional<uint32_t> mask;  // that says which of its pixels hold data, of its own size
  bool has_more = false;         // pictures besides it
};

// By NewSubfileType (TIFF 6.0, page 36). `reader`: of `source`, at its first page, where it stays.
TiffPages find_pages(const TiffReader& reader, const ByteSource& source);

}  // namespace multipole::codecs
