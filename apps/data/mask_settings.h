// What the user says of masks where pictures have them, for the data commands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/common/command.h"
#include "datasets/segmentation/segmentation_dataset.h"

namespace multipole {

struct MaskSettings {
  std::string layout = "auto";
  std::string color_map;
  std::vector<int64_t> ignored_values;
  bool reduce_zero_label = false;

  MaskOptions options() const;
};

void add_mask_options(CLI::App& command, MaskSettings& settings);

}  // namespace multipole
