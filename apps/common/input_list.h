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

// Throws ConfigError saying what was searched where an argument stands for no file at all: a folder without pictures,
// a glob without a match, an empty list, or, as the only argument, a file that cannot be opened.
std::vector<std::filesystem::path> list_inputs(const std::vector<std::string>& arguments, std::istream& list);

}  // namespace multipole
