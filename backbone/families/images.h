// Pictures as a backbone takes them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace multipole {

struct Images {
  // Made of a tensor of pixels wherever one is given.
  Images(torch::Tensor all_pixels) : pixels(std::move(all_pixels)) {}
  Images(torch::Tensor some_pixels, torch::Tensor which) : pixels(std::move(some_pixels)), validity(std::move(which)) {}

  torch::Tensor pixels;  // (B, channels, H, W)
  // (B, H, W), bool or floating from 0 to 1: how much a pixel counts. One of 0 holds no data: nothing depends on what
  // it holds, NaN included. Undefined, or true or 1 everywhere: all do.
  torch::Tensor validity = {};
};

// The validity as masses (backbone/layers/token_mass.h), floating, undefined where every pixel counts in full. Throws
// c10::Error for a validity of another size than the pixels.
torch::Tensor pixel_masses(const Images& images);

// The pixels, zero where they hold no data: what the normalisation makes of the mean colour. `masses` are theirs.
torch::Tensor valid_pixels(const Images& images, const torch::Tensor& masses);

// The maps that a head reads.
struct FeatureMaps {
  // Made of maps alone wherever those are given.
  FeatureMaps(std::vector<torch::Tensor> all_maps) : maps(std::move(all_maps)) {}
  FeatureMaps(std::vector<torch::Tensor> some_maps, std::vector<torch::Tensor> their_masses)
      : maps(std::move(some_maps)), masses(std::move(their_masses)) {}

  std::vector<torch::Tensor> maps;  // finest first, each (B, num_channels, h, w); masked tokens are zero
  // How much each of their tokens counts, (B, h, w) each; empty where all count in full, or where maps are embeddings.
  std::vector<torch::Tensor> masses = {};

  // Of the last map; undefined where there are none.
  torch::Tensor last_mass() const { return masses.empty() ? torch::Tensor() : masses.back(); }
};

}  // namespace multipole
