// The orientation tag of an EXIF block; nothing else of EXIF matters to a picture's pixels.
#pragma once

#include <optional>

#include "datasets/codecs/image_decode.h"

namespace multipole::codecs {

// `block` begins at the TIFF header ("II" or "MM"); a leading "Exif\0\0" is skipped. Gives 1 where the block has no
// such tag and nothing where it is corrupt.
std::optional<int> exif_orientation(ByteView block);

}  // namespace multipole::codecs
