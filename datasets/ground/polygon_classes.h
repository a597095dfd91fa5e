// What the values of drawn polygons stand for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/vector/polygon_file.h"

namespace multipole {

struct NamedPolygonFile {
  std::string name;  // for messages
  PolygonFile file;
};

struct PolygonClasses {
  std::vector<std::string> names;
  uint8_t outside = 0;  // of pixels in no polygon: a class or 255
  std::string note;     // what these are, for people

  // A label for each feature: the class of its value's name, 255 for the value "ignore"; a whole number that is no name
  // is the id of a class. Throws ConfigError, naming the feature, for any other value.
  std::vector<uint8_t> labels_of(const NamedPolygonFile& polygons) const;
};

// `known`: the names of the classes where there is a list; without one they are the class of the pixels in no polygon
// and the values in byte order. `outside` is the name of that class, "ignore" for none; empty: "background", where a
// list has no such class none. Throws ConfigError where the list lacks `outside`.
PolygonClasses polygon_classes(const std::vector<NamedPolygonFile>& files, const std::vector<std::string>& known,
                               const std::string& outside);

}  // namespace multipole
