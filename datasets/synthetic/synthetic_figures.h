// The figures of the procedural pictures: shape, texture and colour, drawn without antialiasing so that masks are
// exact.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/sample_random.h"

namespace multipole {

using Color = std::array<uint8_t, 3>;

// Names by index; a figure is drawn from three indices.
const std::vector<std::string>& figure_shapes();
const std::vector<std::string>& figure_textures();
const std::vector<std::string>& figure_colors();

struct Figure {
  int64_t shape = 0, texture = 0, color = 0;
  double center_x = 0, center_y = 0;  // pixels
  double radius = 1;                  // pixels; the shape lies within the circle
  double angle = 0;                   // radians
};

// A gray ground with a slow gradient and noise, (size, size, 3) uint8.
torch::Tensor draw_ground(int64_t size, SampleRandom& random);

// Draws on `image`, (H, W, 3) uint8, and writes `id` to the covered pixels of `mask`, (H, W) uint8, where it is
// defined. A pixel is covered when its centre lies in the shape.
void draw_figure(torch::Tensor& image, torch::Tensor& mask, const Figure& figure, uint8_t id, SampleRandom& random);

}  // namespace multipole
