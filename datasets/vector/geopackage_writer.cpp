#include "datasets/vector/geopackage_writer.h"

#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "datasets/vector/spatial_index.h"
#include "datasets/vector/sqlite_file.h"

namespace multipole {
namespace {

// Clause 1.1.1.1.1 and 1.1.2.1.2: the file says that it is a GeoPackage of version 1.3.
constexpr const char* kHeader = "PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;";

constexpr const char* kTables = R"(
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE regions (fid INTEGER NOT NULL PRIMARY KEY, geom POLYGON, class TEXT, class_index INTEGER, pixels INTEGER,
  area_m2 DOUBLE, probability DOUBLE);
)";

// The three rows that every GeoPackage has, and what reads WGS 84 from text alone.
constexpr const char* kSystems = R"(
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined Cartesian', -1, 'NONE', -1, 'undefined', NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, )";
constexpr const char* kWgs84 =
    "'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],"
    "AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],"
    "UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', NULL);";

int system_id(const RegionLayer& layer) { return layer.epsg != 0 ? layer.epsg : layer.geographic ? 0 : -1; }

template <class T>
void add_bytes(std::vector<unsigned char>& blob, T value) {
  static_assert(std::endian::native == std::endian::little);
  const size_t at = blob.size();
  blob.resize(at + sizeof(T));
  std::memcpy(blob.data() + at, &value, sizeof(T));
}

// Clause 2.1.3: a header with the box around the geometry, and well-known binary.
void encode_polygon(const Region& region, const RegionLayer& layer, std::vector<unsigned char>& blob,
                    CoordinateBox& box) {
  constexpr uint8_t kLittleEndian = 1, kBoxOfFour = 1 << 1;
  constexpr uint32_t kPolygon = 3;
  blob.assign({'G', 'P', 0, kLittleEndian | kBoxOfFour});
  add_bytes(blob, static_cast<int32_t>(system_id(layer)));
  const size_t box_at = blob.size();
  blob.resize(box_at + 4 * sizeof(double));
  add_bytes(blob, kLittleEndian);
  add_bytes(blob, kPolygon);
  add_bytes(blob, static_cast<uint32_t>(region.rings.size()));
  for (const auto& ring : region.rings) {
    add_bytes(blob, static_cast<uint32_t>(ring.size() + 1));
    visit_ring(ring, layer, [&](const std::array<double, 2>& point) {
      add_bytes(blob, point);
      box.add(point);
    });
  }
  const std::array<double, 4> bounds = {box.low[0], box.high[0], box.low[1], box.high[1]};
  std::memcpy(blob.data() + box_at, bounds.data(), sizeof(bounds));
}

class GeoPackageWriter : public RegionWriter {
 public:
  GeoPackageWriter(const std::filesystem::path& path, RegionLayer layer)
      : path_(path), layer_(std::move(layer)), file_(path) {
    file_.run(kHeader);
    file_.run("BEGIN");
    file_.run(kTables);
    file_.run(std::string(kSystems) + kWgs84);
    add_system();
    insert_.emplace(file_, "INSERT INTO regions VALUES (?, ?, ?, ?, ?, ?, ?)");
    if (has_spatial_index()) index_.emplace(file_);
  }

  void write(const Region& region, const RegionFacts& facts) override {
    CoordinateBox box;
    encode_polygon(region, layer_, blob_, box);
    if (blob_.size() > kLargestBlob) {
      throw ResourceError("cannot write " + path_.string() + ": a region's outline takes " +
                          std::to_string(blob_.size()) + " bytes, more than SQLite stores; write GeoJSON, or simplify");
    }
    for (const auto& point : {box.low, box.high}) box_.add(point);
    insert_->bind(1, region.id);
    insert_->bind(2, blob_);
    insert_->bind(3, layer_.classes.at(region.label));
    insert_->bind(4, int64_t{region.label});
    insert_->bind(5, region.pixels);
    if (facts.area_m2) insert_->bind(6, *facts.area_m2);
    if (facts.probability) insert_->bind(7, *facts.probability);
    insert_->run();
    if (index_) index_->add(region.id, box);
  }

  void finish() override {
    insert_.reset();
    if (index_) index_->finish();
    {
      SqliteFile::Statement contents(file_,
                                     "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, "
                                     "max_x, max_y, srs_id) VALUES ('regions', 'features', 'regions', ?, ?, ?, ?, ?)");
      if (!box_.empty) {
        contents.bind(1, box_.low[0]);
        contents.bind(2, box_.low[1]);
        contents.bind(3, box_.high[0]);
        contents.bind(4, box_.high[1]);
      }
      contents.bind(5, int64_t{system_id(layer_)});
      contents.run();
    }
    file_.run("INSERT INTO gpkg_geometry_columns VALUES ('regions', 'geom', 'POLYGON', " +
              std::to_string(system_id(layer_)) + ", 0, 0); COMMIT;");
    file_.close();
  }

 private:
  static constexpr size_t kLargestBlob = 999'000'000;  // SQLITE_MAX_LENGTH is 10^9 for a whole row

  // A system beyond those that every file has, by its code: the definition is for the reader's own table to give.
  void add_system() {
    if (layer_.epsg == 0 || layer_.epsg == 4326) return;
    const std::string code = std::to_string(layer_.epsg);
    file_.run("INSERT INTO gpkg_spatial_ref_sys VALUES ('EPSG:" + code + "', " + code + ", 'EPSG', " + code +
              ", 'undefined', NULL)");
  }

  std::filesystem::path path_;
  RegionLayer layer_;
  SqliteFile file_;
  std::optional<SqliteFile::Statement> insert_;
  std::optional<SpatialIndex> index_;
  std::vector<unsigned char> blob_;
  CoordinateBox box_;
};

}  // namespace

bool has_geopackage() { return true; }

std::unique_ptr<RegionWriter> make_geopackage_writer(const std::filesystem::path& path, RegionLayer layer) {
  return std::make_unique<GeoPackageWriter>(path, std::move(layer));
}

}  // namespace multipole
