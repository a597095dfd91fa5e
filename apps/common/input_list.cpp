#include "apps/common/input_list.h"

#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "backbone/config/error.h"
#include "datasets/image_files.h"

namespace multipole {
namespace {

using Paths = std::vector<std::filesystem::path>;

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

Paths pictures_in(const std::filesystem::path& folder) {
  const ImageFiles found = find_image_files(folder);
  if (found.paths.empty()) {
    throw ConfigError("no pictures in the folder " + folder.string() + " (" + std::to_string(found.num_other_files) +
                      " other files); looked at any depth for" + known_extensions());
  }
  return found.paths;
}

Paths glob_matches(const std::string& pattern) {
  glob_t matches = {};
  const std::unique_ptr<glob_t, decltype(&::globfree)> guard(&matches, &::globfree);
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  if (status == GLOB_NOMATCH) throw ConfigError("nothing matches " + pattern);
  if (status != 0) throw ConfigError("cannot search " + pattern + ": out of memory or unreadable");
  std::vector<std::string> names(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  std::sort(names.begin(), names.end());
  Paths paths;
  for (const auto& name : names) {
    if (!is_folder(name)) {
      paths.emplace_back(name);
      continue;
    }
    const ImageFiles found = find_image_files(name);
    paths.insert(paths.end(), found.paths.begin(), found.paths.end());
  }
  if (paths.empty()) throw ConfigError("only folders without pictures match " + pattern);
  return paths;
}

Paths listed_paths(std::istream& list) {
  Paths paths;
  std::string line;
  while (std::getline(list, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) paths.emplace_back(line);
  }
  if (paths.empty()) throw ConfigError("the list of inputs on standard input is empty");
  return paths;
}

Paths expand(const std::string& argument, std::istream& list) {
  if (argument == "-") return listed_paths(list);
  if (is_folder(argument)) return pictures_in(argument);
  // a name with brackets may be a file's own
  if (!exists(argument) && argument.find_first_of("*?[") != argument.npos) return glob_matches(argument);
  return {argument};
}

}  // namespace

std::vector<std::filesystem::path> list_inputs(const std::vector<std::string>& arguments, std::istream& list) {
  if (arguments.empty()) throw ConfigError("no input: name files, folders, quoted globs, or - for a list");
  Paths paths;
  for (const auto& argument : arguments) {
    const Paths more = expand(argument, list);
    paths.insert(paths.end(), more.begin(), more.end());
  }
  const bool only_file = arguments.size() == 1 && paths.size() == 1 && paths[0] == arguments[0];
  if (only_file && ::access(paths[0].c_str(), R_OK) != 0) {
    throw ConfigError("cannot read " + arguments[0] + ": " + std::strerror(errno));
  }
  return paths;
}

}  // namespace multipole
