#include "apps/data/mask_settings.h"

namespace multipole {

MaskOptions MaskSettings::options() const {
  MaskOptions options;
  if (reduce_zero_label) options.reduce_zero_label = true;
  options.ignored_values = ignored_values;
  options.color_map = color_map;
  return options;
}

void add_mask_options(CLI::App& command, MaskSettings& settings) {
  command.add_option("--layout", settings.layout, "pictures with masks: auto, pairs, voc, cityscapes or ade20k")
      ->capture_default_str();
  command.add_flag("--reduce-zero-label", settings.reduce_zero_label,
                   "masks store 0 for ignored pixels and classes from 1");
  command.add_option("--ignored-values", settings.ignored_values, "values of masks that are ignored beside 255")
      ->check(CLI::Range(int64_t{0}, int64_t{65535}))
      ->delimiter(',');
  command.add_option("--color-map", settings.color_map, "file that says what the colours of colour-coded masks mean");
}

}  // namespace multipole
