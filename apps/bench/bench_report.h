// How the figures of a bench are shown: a table of fixed columns, written row by row.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

struct Column {
  std::string title;
  size_t width = 10;
  bool left = false;  // text; numbers stand on the right
};

// One line; a cell that is wider than its column pushes the rest.
std::string table_row(const std::vector<Column>& columns, const std::vector<std::string>& cells);
std::string table_header(const std::vector<Column>& columns);

// "1,048,576"; not for negative numbers.
std::string with_commas(int64_t number);

// {"processor", "threads", "pinned", "libtorch", ...}: where figures come from; and the same as one line.
Json bench_machine();
std::string machine_line(const Json& machine);

}  // namespace multipole
