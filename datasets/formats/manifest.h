// A CSV manifest: which pictures there are and what they show.
//
//   path,label,split
//   train/0001.jpg,cat,train
//   "odd, name.png",dog,val
//
// The first line names the columns; their order is free and further ones are left alone. `split` may be missing. Paths
// are relative to a root, with `/` between folders, and must stay inside of it: an absolute path is accepted where it
// leads below the root. Links are followed as they are in folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

struct ManifestRow {
  std::string path;  // below the root, normalised: no "." or ".."
  std::string label;
  std::string split;  // empty where the manifest has no such column
  int64_t line = 0;   // in the file, from 1
};

struct Manifest {
  std::vector<ManifestRow> rows;  // in the file's order
  bool has_splits = false;
};

// Throws ConfigError "NAME line N: reason": what parse_csv refuses, a column missing or named twice, an empty path,
// label or split, a path that leaves the root, a path that an earlier line has already. A manifest without rows is
// refused too.
Manifest parse_manifest(std::string_view text, const std::string& name, const std::filesystem::path& root);

// The rows as a file that parse_manifest reads back.
std::string format_manifest(const Manifest& manifest);

}  // namespace multipole
