#include "apps/bench/bench_report.h"

#include <sched.h>

#include "apps/doctor/machine.h"
#include "base/text.h"

namespace multipole {
namespace {

constexpr const char* kGap = "  ";

// Cores that the system may run this process on.
int64_t allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
}

}  // namespace

std::string table_row(const std::vector<Column>& columns, const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += kGap;
    line += columns[i].left ? pad_right(cells[i], columns[i].width) : pad_left(cells[i], columns[i].width);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  line += '\n';
  return line;
}

std::string table_header(const std::vector<Column>& columns) {
  std::vector<std::string> titles;
  for (const auto& column : columns) titles.push_back(column.title);
  return table_row(columns, titles);
}

std::string with_commas(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

Json bench_machine() {
  Json machine = describe_processor();
  machine["allowed_cores"] = allowed_cores();
  machine["threads_pinned"] = false;
  machine["versions"] = describe_versions();
  return machine;
}

std::string machine_line(const Json& machine) {
  return machine["name"].get<std::string>() + ", " + machine["threads"].dump() + " threads on " +
         machine["allowed_cores"].dump() + " cores (not pinned), LibTorch " +
         machine["versions"]["libtorch"].get<std::string>();
}

}  // namespace multipole
