// The recipes of a task that are compiled into the program.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

struct RecipeBook {
  std::vector<std::string> names;
  std::function<std::string_view(const std::string& name)> text;  // "" for a name that is no recipe
};

}  // namespace multipole
