// What the user says of masks where pictures have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "datasets/masks/mask_options.h"

namespace multipole {

struct MaskSettings {
  std::string layout = "auto";
  std::string color_map;
  std::optional<std::string> class_property, outside;
  std::vector<int64_t> ignored_values;
  std::optional<int64_t> ignore_index;
  std::optional<bool> reduce_zero_label;

  // `known` with what the user says in its place: a colour map replaces all that is said of values, and the other way
  // round. Throws ConfigError as read_color_map() does.
  MaskOptions over(const MaskOptions& known) const;
};

// `unless_told` says in --help how --ignore-index stands where it is not given.
void add_mask_options(CLI::App& command, MaskSettings& settings,
                      const std::string& unless_told = "255, unless the masks of two classes hold 0 and 255 alone");

}  // namespace multipole
