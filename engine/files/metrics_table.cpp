#include "engine/files/metrics_table.h"

#include <algorithm>
#include <fstream>

#include "engine/files/atomic_file.h"

namespace multipole {

MetricsTable::MetricsTable(const std::filesystem::path& path, const std::filesystem::path& log_path) : path_(path) {
  std::ifstream log(log_path, std::ios::binary);
  for (std::string line; std::getline(log, line);) {
    const Json entry = Json::parse(line, nullptr, false);
    if (entry.is_object() && entry.value("event", "") == "epoch") add_row(entry);
  }
}

void MetricsTable::add_row(const Json& entry) {
  Json row = Json::object();
  for (const auto& [key, value] : entry.items()) {
    if (key == "event") continue;
    if (!value.is_object()) {
      row[key] = value;
      continue;
    }
    for (const auto& [inner, number] : value.items()) row[key + "." + inner] = number;
  }
  for (const auto& [key, value] : row.items()) {
    if (std::find(columns_.begin(), columns_.end(), key) == columns_.end()) columns_.push_back(key);
  }
  rows_.push_back(std::move(row));
}

void MetricsTable::append(const Json& entry) {
  add_row(entry);
  std::string text;
  for (size_t i = 0; i < columns_.size(); ++i) text += (i > 0 ? "," : "") + columns_[i];
  text += "\n";
  for (const auto& row : rows_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += ",";
      const auto cell = row.find(columns_[i]);
      // a number that is not finite is written as null, as in the log
      if (cell != row.end() && cell->dump() != "null") text += cell->dump();
    }
    text += "\n";
  }
  write_file_atomically(path_, text);
}

}  // namespace multipole
