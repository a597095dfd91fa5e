// The options of `segment predict` for polygons.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {

struct VectorArguments {
  std::string target, coordinates = "auto", least = "0", simplify = "0";  // as given; an empty target: no polygons

  // All of them in one line.
  std::string text() const { return target.empty() ? "" : target + ' ' + coordinates + ' ' + least + ' ' + simplify; }
};

// --vector and those of add_polygon_options(), which mean nothing without it.
void add_vector_options(CLI::App& command, VectorArguments& arguments);
// Coordinates, least size and simplification.
std::vector<CLI::Option*> add_polygon_options(CLI::App& command, VectorArguments& arguments);

// Throws ConfigError where the program cannot write the target's format; `where` begins its message.
void require_writer(const VectorTarget& target, const std::string& where);

// Throw ConfigError: for values that are none, for a file that is named for several pictures, and as above.
std::optional<VectorTarget> vector_target(const VectorArguments& arguments, size_t num_pictures);
VectorOptions vector_options(const VectorArguments& arguments);

}  // namespace multipole
