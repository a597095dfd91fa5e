#include "apps/arguments/mask_settings.h"

#include "datasets/layouts/layout.h"

namespace multipole {

MaskOptions MaskSettings::over(const MaskOptions& known) const {
  MaskOptions options = known;
  const bool tells_values = reduce_zero_label || ignore_index || !ignored_values.empty();
  if (tells_values || !color_map.empty()) options.color_map = {};
  if (!color_map.empty()) options = {.color_map = read_color_map(color_map), .class_names = known.class_names};
  if (reduce_zero_label) options.reduce_zero_label = reduce_zero_label;
  if (ignore_index) options.ignore_index = ignore_index;
  if (!ignored_values.empty()) options.ignored_values = ignored_values;
  options.class_property = class_property.value_or(known.class_property);
  options.outside = outside.value_or(known.outside);
  return options;
}

void add_mask_options(CLI::App& command, MaskSettings& settings, const std::string& unless_told) {
  std::string layouts = "auto";
  for (const auto& name : layout_names()) layouts += ", " + name;
  command.add_option("--layout", settings.layout, "how pictures with masks lie: " + layouts)->capture_default_str();
  command.add_flag_function(
      "--reduce-zero-label,!--no-reduce-zero-label",
      [&settings](int64_t count) { settings.reduce_zero_label = count > 0; },
      "masks store 0 for ignored pixels and classes from 1");
  command
      .add_option("--ignore-index", settings.ignore_index,
                  "value of masks that is ignored, -1 for none; if not given, " + unless_told)
      ->check(CLI::Range(kNoIgnoreIndex, int64_t{65535}));
  command.add_option("--ignored-values", settings.ignored_values, "values of masks that are ignored beside that one")
      ->check(CLI::Range(int64_t{0}, int64_t{65535}))
      ->delimiter(',');
  command.add_option("--color-map", settings.color_map, "file that says what the colours of masks mean");
  command.add_option("--class-property", settings.class_property, "property of polygons that says their class");
  command.add_option("--outside", settings.outside,
                     "class of pixels in no polygon, or 'ignore'; if not given, background where there is one");
}

}  // namespace multipole
