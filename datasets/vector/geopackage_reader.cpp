// GeoPackage (OGC 12-128r18): the one table of features that a file of polygons has.
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "datasets/vector/polygon_file.h"
#include "datasets/vector/wkb.h"

namespace multipole {
namespace {

// What GDAL writes for features of no system; the standard has -1 and 0 for that.
constexpr const char* kUndefinedByGdal = "Undefined SRS";

class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    database_.reset(opened);
    check(code);
  }

  // Calls `row` with the statement at each row.
  template <class Row>
  void query(const std::string& text, const Row& row) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), text.c_str(), -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
    check(code);
    for (int step = sqlite3_step(prepared); step != SQLITE_DONE; step = sqlite3_step(prepared)) {
      check(step);
      row(prepared);
    }
  }

 private:
  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_ROW) return;
    throw InputError(database_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database_.get()));
  }

  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_{nullptr, sqlite3_close_v2};
};

std::string text_at(sqlite3_stmt* row, int column) {
  const unsigned char* const text = sqlite3_column_text(row, column);
  return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text));
}

std::string value_at(sqlite3_stmt* row, int column) {
  const bool is_real = sqlite3_column_type(row, column) == SQLITE_FLOAT;
  return is_real ? value_text(sqlite3_column_double(row, column)) : text_at(row, column);
}

std::string sql_name(const std::string& name) {
  std::string text = "\"";
  for (const char letter : name) text += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return text + "\"";
}

struct FeatureTable {
  std::string name, geometry;
  int64_t system = 0;
  std::string key;                      // the column of the primary key; empty: the row's own number
  std::vector<std::string> properties;  // the other columns
};

FeatureTable find_table(Database& database) {
  std::vector<FeatureTable> tables;
  database.query("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns", [&](sqlite3_stmt* row) {
    tables.push_back({text_at(row, 0), text_at(row, 1), sqlite3_column_int64(row, 2), {}, {}});
  });
  if (tables.empty()) throw InputError("it holds no table of features");
  if (tables.size() > 1) {
    std::vector<std::string> names;
    for (const auto& table : tables) names.push_back(table.name);
    throw InputError("it holds several tables of features (" + property_list(names) + "): leave the one to train on");
  }
  FeatureTable table = tables.front();
  database.query("PRAGMA table_info(" + sql_name(table.name) + ")", [&](sqlite3_stmt* row) {
    const std::string column = text_at(row, 1);
    const bool is_key = sqlite3_column_int(row, 5) != 0;
    if (is_key) table.key = column;
    if (!is_key && column != table.geometry) table.properties.push_back(column);
  });
  return table;
}

void take_system(Database& database, int64_t system, PolygonFile& file) {
  if (system <= 0) return;  // the standard's undefined ones
  database.query("SELECT organization, organization_coordsys_id, srs_name FROM gpkg_spatial_ref_sys WHERE srs_id = " +
                     std::to_string(system),
                 [&](sqlite3_stmt* row) {
                   const std::string organization = text_at(row, 0), name = text_at(row, 2);
                   if (organization == "NONE" || name == kUndefinedByGdal) return;
                   if (organization != "EPSG" && organization != "epsg") {
                     throw InputError("its coordinate system '" + name + "' is no EPSG code");
                   }
                   file.epsg = sqlite3_column_int(row, 1);
                   file.names_system = true;
                 });
}

PolygonFile polygons_of(const std::filesystem::path& path, const std::string& class_property) {
  Database database(path);
  const FeatureTable table = find_table(database);
  const auto& known = table.properties;
  if (std::find(known.begin(), known.end(), class_property) == known.end()) {
    throw ConfigError(path.string() + ": its features have no property '" + class_property +
                      "' that says their class; the properties here are " + property_list(known) +
                      " (data.class_property, --class-property)");
  }
  PolygonFile file;
  take_system(database, table.system, file);
  const std::string key = table.key.empty() ? "rowid" : sql_name(table.key);
  database.query("SELECT " + key + ", " + sql_name(table.geometry) + ", " + sql_name(class_property) + " FROM " +
                     sql_name(table.name) + " ORDER BY " + key,
                 [&](sqlite3_stmt* row) {
                   PolygonFeature feature{feature_name(text_at(row, 0)), value_at(row, 2), {}};
                   if (sqlite3_column_type(row, 2) == SQLITE_NULL) {
                     throw ConfigError(path.string() + ": " + feature.name + " has no value of '" + class_property +
                                       "', which says its class");
                   }
                   const auto* const bytes = static_cast<const uint8_t*>(sqlite3_column_blob(row, 1));
                   const auto size = static_cast<size_t>(sqlite3_column_bytes(row, 1));
                   try {
                     if (bytes != nullptr) feature.parts = polygons_of_blob(ByteView(bytes, size));
                   } catch (const InputError& error) {
                     throw InputError(feature.name + " is or has " + error.what());
                   }
                   file.features.push_back(std::move(feature));
                 });
  return file;
}

}  // namespace

PolygonFile read_geopackage(const std::filesystem::path& path, const std::string& class_property) {
  try {
    return polygons_of(path, class_property);
  } catch (const InputError& error) {
    throw InputError("cannot read " + path.string() + ": " + error.what());
  }
}

}  // namespace multipole
