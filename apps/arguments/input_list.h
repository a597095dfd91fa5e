// The inputs of a command: files, folders, quoted globs, or "-" for a list on standard input.
//
//   file     itself, whether or not it turns out to be a picture
//   folder   the pictures below it at any depth, by extension, in byte order of their paths
//   glob     what matches (*, ?, [...]; not **), in byte order; a folder that matches stands for its pictures
//   -        one path a line (a carriage return at the end and empty lines are dropped)
//
// Arguments keep their order. Names are bytes and need not be UTF-8.
#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

namespace multipole {

struct NamedInput {
  std::filesystem::path path;
  // Where the input's results belong below an output folder: the file's name; for a folder's pictures their path
  // below it; for a list, paths that stay below the current folder as they are. Never leads upwards.
  std::filesystem::path name;
};

// Throws ConfigError saying what was searched where an argument stands for no file at all: a folder without pictures,
// a glob without a match, an empty list, or, as the only argument, a file that cannot be opened.
std::vector<std::filesystem::path> list_inputs(const std::vector<std::string>& arguments, std::istream& list);
std::vector<NamedInput> list_named_inputs(const std::vector<std::string>& arguments, std::istream& list);

}  // namespace multipole
