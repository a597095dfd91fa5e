// What is said of how masks store their classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/masks/color_map.h"

namespace multipole {

struct MaskOptions {
  std::optional<bool> reduce_zero_label = std::nullopt;  // nothing: the layout's own habit
  // The stored value of ignored pixels, or kNoIgnoreIndex. Nothing: 255, unless the masks of two classes hold 0 and 255
  // alone; then 255 is the second class, and no value is ignored.
  std::optional<int64_t> ignore_index = std::nullopt;
  std::vector<int64_t> ignored_values = {};   // stored values to ignore beside ignore_index
  ColorMap color_map = {};                    // empty: masks hold class ids
  std::vector<std::string> class_names = {};  // where the data have no list of their own
  std::string class_property = "class";       // of polygons: the property that says the class
  std::string outside = {};  // the class of pixels in no polygon, or "ignore"; empty: background, where there is one

  // As model files keep them; the names of the classes stand elsewhere there.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduce_zero_label", self.reduce_zero_label, "0 is ignored, classes from 1; null: as the layout has it");
    field("ignore_index", self.ignore_index, "stored value of ignored pixels, -1: none; null: found out by looking");
    field("ignored_values", self.ignored_values, "stored values that are ignored beside it");
    field("class_property", self.class_property, "property of polygons that says the class");
    field("outside", self.outside, "class of pixels in no polygon, or 'ignore'; empty: background, where there is one");
    field("color_map", self.color_map.lines, "what colours mean, 'R G B<TAB>name' each");
  }
};

}  // namespace multipole
