// How much of each picture each class has, as a table for spreadsheets.
#pragma once

#include <filesystem>

namespace multipole {

// Of the pictures in a results.jsonl of `segment predict`, in its order: the columns path, class, index, pixels, share
// and area_m2, a row for each picture and class; area_m2 is empty where it is unknown. Pictures that failed have none.
void write_area_table(const std::filesystem::path& results, const std::filesystem::path& table);

}  // namespace multipole
