// A coarse view of the whole picture for a model that sees it tile by tile, or, where its reach is bounded, whole. The
// same backbone reads the picture shrunk by a whole factor; its last map, sampled where the tile's own last tokens lie,
// passes through the head's context layer, which begins as zero, and is added to them. The decoder and the classes are
// the same with and without it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "heads/model/model.h"

namespace multipole {

// Where a tile begins, in pixels of the picture.
struct TileOrigin {
  int64_t top = 0;
  int64_t left = 0;
};

struct CoarseView {
  torch::Tensor map;   // (B, C, h, w), the backbone's last map of the shrunk picture
  int64_t factor = 1;  // pixels of the picture along each side of one of the shrunk picture's
  int64_t stride = 1;  // pixels of what the backbone reads along each side of a token
};

// Whether the model has a context layer: a segmentation head with "context" set.
bool takes_context(VisionModel& model);

// (B, C, H, W) -> (B, C, ceil(H / factor), ceil(W / factor)): the mean of each factor x factor block.
torch::Tensor shrink_by_mean(const torch::Tensor& images, int64_t factor);

// `shrunk` is (B, 3, h, w): the normalised pictures shrunk by `factor`. A pixel of it holds data where one of its block
// does; the map of tokens without any is 0.
CoarseView coarse_view(VisionModel& model, const Images& shrunk, int64_t factor);

// The view's map at the centres of `rows` x `columns` tokens of a tile, (B, C, rows, columns): bilinear between the
// view's tokens, the nearest beyond the outermost.
torch::Tensor sample_view(const CoarseView& view, TileOrigin origin, int64_t rows, int64_t columns);

// The logits of `tiles` (B, 3, h, w) that begin at `origin`, which is a multiple of the coarsest stride, and in
// training those of the auxiliary classifier. The model must take context.
std::vector<torch::Tensor> forward_with_context(VisionModel& model, const Images& tiles, const CoarseView& view,
                                                TileOrigin origin);

// Whether a model sees a whole picture of this size as it does tiles, a part at a time, and is given its coarse view
// there too: it takes context, its backbone is bounded, and the picture is larger than that was made for.
bool views_whole(VisionModel& model, ImageSize size);

// The maps of whole pictures (B, 3, H, W), with their coarse view where views_whole(): what the head makes logits of.
std::vector<torch::Tensor> maps_of_whole(VisionModel& model, const torch::Tensor& images);

}  // namespace multipole
