// A CSV manifest: which pictures there are and what they show.
//
//   path,label,split
//   train/0001.jpg,cat,train
//   "odd, name.png",dog,val
//
// The first line names the columns, in any case; their order is free and further ones are left alone. `split` may be
// missing. Fields may be separated by semicolons or tabs as well (csv_delimiter()). Paths are relative to a root, with
// `/` between folders, and must stay inside of it, or absolute, and then may lead anywhere. Links are followed as they
// are in folders.
//
// A cell of `label` is the name of one class, whatever characters it has. In a column named `labels` instead, it is a
// set of classes with `;` between them, and an empty cell says that the picture shows none (label_set.h):
//
//   path,labels
//   street.jpg,car; bicycle
//   sky.jpg,
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

struct ManifestRow {
  std::string path;   // below the root or absolute, normalised: no "." or ".."
  std::string label;  // a set of classes as label_set_of() writes it, where the manifest has label sets
  std::string split;  // empty where the manifest has no such column
  int64_t line = 0;   // in the file, from 1
};

struct Manifest {
  std::vector<ManifestRow> rows;  // in the file's order
  bool has_splits = false;
  bool has_label_sets = false;
};

// Throws ConfigError "NAME line N: reason": what parse_csv refuses, a column missing or named twice, `label` beside
// `labels`, an empty path, label (but not an empty set), class of a set or split, a relative path that leaves the root,
// a path that an earlier line has already. A manifest without rows is refused too.
Manifest parse_manifest(std::string_view text, const std::string& name, const std::filesystem::path& root);

// The rows as a file that parse_manifest reads back.
std::string format_manifest(const Manifest& manifest);

}  // namespace multipole
