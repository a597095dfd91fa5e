#include "apps/arguments/input_list.h"

#include <glob.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/regular_file.h"
#include "datasets/pictures/image_files.h"

namespace multipole {
namespace {

using Inputs = std::vector<NamedInput>;

std::string known_extensions() {
  std::string text;
  for (const auto& extension : image_extensions()) text += " " + extension;
  return text;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code code;
  return std::filesystem::is_directory(path, code);
}

bool exists(const std::filesystem::path& path) {
  std::error_code code;
  return std::filesystem::exists(std::filesystem::symlink_status(path, code));
}

// Appends the folder's pictures, named by their path below it and `prefix`.
void append_pictures(const ImageFiles& found, const std::filesystem::path& folder, const std::filesystem::path& prefix,
                     Inputs& inputs) {
  for (const auto& path : found.paths) inputs.push_back({path, prefix / path.lexically_relative(folder)});
}

Inputs pictures_in(const std::filesystem::path& folder) {
  const ImageFiles found = find_image_files(folder);
  if (found.paths.empty()) {
    throw ConfigError("no pictures in the folder " + folder.string() + " (" + std::to_string(found.num_other_files) +
                      " other files); looked at any depth for" + known_extensions());
  }
  Inputs inputs;
  append_pictures(found, folder, {}, inputs);
  return inputs;
}

Inputs glob_matches(const std::string& pattern) {
  glob_t matches = {};
  const std::unique_ptr<glob_t, decltype(&::globfree)> guard(&matches, &::globfree);
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  if (status == GLOB_NOMATCH) throw ConfigError("nothing matches " + pattern);
  if (status != 0) throw ConfigError("cannot search " + pattern + ": out of memory or unreadable");
  std::vector<std::string> names(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  std::sort(names.begin(), names.end());
  Inputs inputs;
  for (const auto& name : names) {
    const std::filesystem::path path(name);
    if (!is_folder(path)) {
      inputs.push_back({path, path.filename()});
    } else {
      append_pictures(find_image_files(path), path, path.filename(), inputs);
    }
  }
  if (inputs.empty()) throw ConfigError("only folders without pictures match " + pattern);
  return inputs;
}

std::filesystem::path name_of_listed(const std::filesystem::path& path) {
  const auto normal = path.lexically_normal();
  const bool stays_below = normal.is_relative() && normal.begin() != normal.end() && *normal.begin() != "..";
  return stays_below ? normal : normal.filename();
}

Inputs listed_paths(std::istream& list) {
  Inputs inputs;
  std::string line;
  while (std::getline(list, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) inputs.push_back({line, name_of_listed(line)});
  }
  if (inputs.empty()) throw ConfigError("the list of inputs on standard input is empty");
  return inputs;
}

Inputs expand(const std::string& argument, std::istream& list) {
  if (argument == "-") return listed_paths(list);
  if (is_folder(argument)) return pictures_in(argument);
  // a name with brackets may be a file's own
  if (!exists(argument) && argument.find_first_of("*?[") != argument.npos) return glob_matches(argument);
  return {{argument, std::filesystem::path(argument).filename()}};
}

// The only input of a command is one that it was told to read, and not one of many that may be bad.
void check_readable(const std::filesystem::path& path) {
  try {
    const RegularFile file(path);
  } catch (const InputError& error) {
    throw ConfigError(error.what());
  }
}

}  // namespace

std::vector<NamedInput> list_named_inputs(const std::vector<std::string>& arguments, std::istream& list) {
  if (arguments.empty()) throw ConfigError("no input: name files, folders, quoted globs, or - for a list");
  Inputs inputs;
  for (const auto& argument : arguments) {
    const Inputs more = expand(argument, list);
    inputs.insert(inputs.end(), more.begin(), more.end());
  }
  const bool only_file = arguments.size() == 1 && inputs.size() == 1 && inputs[0].path == arguments[0];
  if (only_file) check_readable(inputs[0].path);
  return inputs;
}

std::vector<std::filesystem::path> list_inputs(const std::vector<std::string>& arguments, std::istream& list) {
  std::vector<std::filesystem::path> paths;
  for (auto& input : list_named_inputs(arguments, list)) paths.push_back(std::move(input.path));
  return paths;
}

}  // namespace multipole
