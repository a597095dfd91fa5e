// A classifier small enough to train in a test.
#pragma once

#include <cstdint>
#include <string>

#include "heads/model/model_config.h"

namespace multipole::test {

inline ModelConfig small_model_config(const std::string& attention, int64_t num_classes) {
  ModelConfig config;
  config.preset = "multipole_nano";
  config.backbone = {{"image_size", 32},
                     {"stem_stride", 2},
                     {"embed_dims", {16, 16, 24, 24}},
                     {"depths", {1, 1, 1, 1}},
                     {"num_heads", {2, 2, 2, 2}},
                     {"drop_path_rate", 0.0},
                     {"attention", {{"type", attention}}}};
  config.num_classes = num_classes;
  return config;
}

}  // namespace multipole::test
