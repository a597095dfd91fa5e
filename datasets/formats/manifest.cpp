#include "datasets/formats/manifest.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/lower_case.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/label_set.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

struct Columns {
  size_t path = 0, label = 0;
  std::optional<size_t> split;
  bool has_label_sets = false;
};

class ManifestReader {
 public:
  ManifestReader(const std::string& name, const fs::path& root) : name_(name), root_(root.lexically_normal()) {}

  Manifest read(std::string_view text) {
    const std::vector<CsvRow> rows = parse_csv(text, name_, csv_delimiter(text));
    if (rows.empty()) throw ConfigError(name_ + ": empty; expected a first line 'path,label' or 'path,label,split'");
    const Columns columns = find_columns(rows.front());
    Manifest manifest;
    manifest.has_splits = columns.split.has_value();
    manifest.has_label_sets = columns.has_label_sets;
    for (size_t i = 1; i < rows.size(); ++i) manifest.rows.push_back(read_row(rows[i], columns));
    if (manifest.rows.empty()) throw ConfigError(name_ + ": no rows below its first line");
    return manifest;
  }

 private:
  [[noreturn]] void fail(int64_t line, const std::string& reason) const {
    throw ConfigError(name_ + " line " + std::to_string(line) + ": " + reason);
  }

  std::optional<size_t> find_column(const CsvRow& header, const std::string& name) const {
    const auto& fields = header.fields;
    const auto is_it = [&](const std::string& field) { return lower_case(field) == name; };
    const auto found = std::find_if(fields.begin(), fields.end(), is_it);
    if (found == fields.end()) return std::nullopt;
    if (std::find_if(found + 1, fields.end(), is_it) != fields.end()) {
      fail(header.line, "the column '" + name + "' is there twice");
    }
    return found - fields.begin();
  }

  Columns find_columns(const CsvRow& header) const {
    const auto required = [&](const std::string& name) {
      const auto column = find_column(header, name);
      if (column) return *column;
      std::string names;
      for (const auto& field : header.fields) names += (names.empty() ? "" : ", ") + field;
      fail(header.line, "no column '" + name +
                            "'; the first line must name the columns path, label (labels, where a picture has several) "
                            "and, where there is one, split; found: " +
                            names);
    };
    const auto sets = find_column(header, "labels");
    if (sets && find_column(header, "label")) fail(header.line, "both a column 'label' and a column 'labels'");
    return {required("path"), sets ? *sets : required("label"), find_column(header, "split"), sets.has_value()};
  }

  ManifestRow read_row(const CsvRow& row, const Columns& columns) {
    const auto filled = [&](size_t column, const char* what) {
      if (row.fields[column].empty()) fail(row.line, std::string("an empty ") + what);
      return row.fields[column];
    };
    ManifestRow out;
    out.line = row.line;
    out.path = path_of(filled(columns.path, "path"), row.line);
    out.label = columns.has_label_sets ? read_set(row.fields[columns.label], row.line)
                                       : filled(columns.label, "label (in a column named labels: none of the classes)");
    if (columns.split) out.split = filled(*columns.split, "split");
    const auto [earlier, is_new] = lines_.emplace(out.path, row.line);
    if (!is_new) fail(row.line, "'" + out.path + "' is already in line " + std::to_string(earlier->second));
    return out;
  }

  std::string read_set(const std::string& cell, int64_t line) const {
    try {
      return label_set_of(classes_of_set(cell));
    } catch (const ConfigError& error) {
      fail(line, error.what());
    }
  }

  // Below the root where it lies there; else what is absolute stays so.
  std::string path_of(const std::string& text, int64_t line) const {
    const fs::path path = fs::path(text).lexically_normal();
    fs::path inside = path.is_absolute() ? path.lexically_relative(root_) : path;
    const bool outside = inside.empty() || *inside.begin() == "..";
    if (outside && !path.is_absolute()) {
      fail(line, "'" + text + "' is outside of " + (root_.empty() ? "." : root_.string()) +
                     "; --data-root names another folder that paths are relative to");
    }
    if (outside) inside = path;
    if (!inside.has_filename() || inside == ".") fail(line, "'" + text + "' names no file");
    return inside.generic_string();
  }

  const std::string& name_;
  fs::path root_;
  std::unordered_map<std::string, int64_t> lines_;
};

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& name, const fs::path& root) {
  return ManifestReader(name, root).read(text);
}

std::string format_manifest(const Manifest& manifest) {
  std::string text = manifest.has_label_sets ? "path,labels" : "path,label";
  text += manifest.has_splits ? ",split\n" : "\n";
  for (const auto& row : manifest.rows) {
    text.append(csv_field(row.path)).append(1, ',').append(csv_field(row.label));
    if (manifest.has_splits) text.append(1, ',').append(csv_field(row.split));
    text += '\n';
  }
  return text;
}

}  // namespace multipole
