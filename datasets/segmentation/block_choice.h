// Which pictures are cut into blocks of ground (datasets/ground/ground_blocks.h).
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/codecs/image_decode.h"
#include "datasets/layouts/layout.h"

namespace multipole {

struct BlockChoice {
  int64_t side = 0;
  bool cuts_split = false;  // blocks are dealt out to train and val; otherwise a split has all blocks of its pictures
};

// Where nothing is said (options.block 0), pictures are cut that are larger than 4096 x 4096 pixels, and a lone picture
// of which a split is to be made, if it makes several blocks. Their blocks make the split where there are fewer than ten
// pictures to make it of. Nothing where none is cut. Reads headers.
std::optional<BlockChoice> choose_blocks(const SegmentationListing& listing, const SegmentationSplitOptions& options,
                                         const DecodeOptions& decode);

}  // namespace multipole
