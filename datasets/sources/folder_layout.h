// What the folders of a data set mean: splits, classes, or nothing but a wrapper, as archives leave it when unpacked.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

struct FolderLayout {
  std::filesystem::path root;       // where the splits or the classes lie
  std::vector<std::string> splits;  // empty where the folders are classes
  std::string note;                 // what was taken for what, where that might surprise; else empty
};

// A folder that holds one folder and no pictures is entered, as long as folders lie below it. Throws ConfigError where
// `folder` is none, and where it is not clear which of several folders has the classes: they hold no pictures
// themselves but folders that do, or one of them has splits. Below a split nothing is guessed: its folders are the
// classes, at whatever depth their pictures lie.
FolderLayout find_folder_layout(const std::filesystem::path& folder);

}  // namespace multipole
