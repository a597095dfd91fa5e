#include "datasets/vector/spatial_index.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace multipole {
namespace {

constexpr int64_t kRoot = 1;
constexpr size_t kRowsAtOnce = 64;  // of an INSERT
constexpr size_t kNodeHeader = 4, kNodeEntry = 8 + 4 * 4;  // bytes: depth and count; number and sides

constexpr const char* kTable = "CREATE VIRTUAL TABLE \"rtree_regions_geom\" USING rtree(id, minx, maxx, miny, maxy)";
constexpr const char* kTold = R"(
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_extensions VALUES ('regions', 'geom', 'gpkg_rtree_index',
  'http://www.geopackage.org/spec131/#extension_rtree', 'write-only');
)";
// Numbers 1 and 3 are those of versions before 1.4, which fail in some cases.
constexpr const char* kTriggers = R"(
CREATE TRIGGER "rtree_regions_geom_insert" AFTER INSERT ON "regions"
  WHEN (new."geom" NOT NULL AND NOT ST_IsEmpty(NEW."geom"))
BEGIN
  INSERT OR REPLACE INTO "rtree_regions_geom" VALUES (NEW."fid", ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"),
    ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "rtree_regions_geom_update2" AFTER UPDATE OF "geom" ON "regions"
  WHEN OLD."fid" = NEW."fid" AND (NEW."geom" ISNULL OR ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "rtree_regions_geom" WHERE id = OLD."fid";
END;
CREATE TRIGGER "rtree_regions_geom_update4" AFTER UPDATE ON "regions"
  WHEN OLD."fid" != NEW."fid" AND (NEW."geom" ISNULL OR ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "rtree_regions_geom" WHERE id IN (OLD."fid", NEW."fid");
END;
CREATE TRIGGER "rtree_regions_geom_update5" AFTER UPDATE ON "regions"
  WHEN OLD."fid" != NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom"))
BEGIN
  DELETE FROM "rtree_regions_geom" WHERE id = OLD."fid";
  INSERT OR REPLACE INTO "rtree_regions_geom" VALUES (NEW."fid", ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"),
    ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "rtree_regions_geom_update6" AFTER UPDATE OF "geom" ON "regions"
  WHEN OLD."fid" = NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom"))
    AND (OLD."geom" NOTNULL AND NOT ST_IsEmpty(OLD."geom"))
BEGIN
  UPDATE "rtree_regions_geom" SET minx = ST_MinX(NEW."geom"), maxx = ST_MaxX(NEW."geom"),
    miny = ST_MinY(NEW."geom"), maxy = ST_MaxY(NEW."geom") WHERE id = NEW."fid";
END;
CREATE TRIGGER "rtree_regions_geom_update7" AFTER UPDATE OF "geom" ON "regions"
  WHEN OLD."fid" = NEW."fid" AND (NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom"))
    AND (OLD."geom" ISNULL OR ST_IsEmpty(OLD."geom"))
BEGIN
  INSERT INTO "rtree_regions_geom" VALUES (NEW."fid", ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"),
    ST_MinY(NEW."geom"), ST_MaxY(NEW."geom"));
END;
CREATE TRIGGER "rtree_regions_geom_delete" AFTER DELETE ON "regions"
  WHEN old."geom" NOT NULL
BEGIN
  DELETE FROM "rtree_regions_geom" WHERE id = OLD."fid";
END;
)";

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float rounded_down(double value) {
  const auto near = static_cast<float>(value);
  return near > value ? std::nextafter(near, -kInfinity) : near;
}
float rounded_up(double value) { return -rounded_down(-value); }

// Everything in a node is big-endian.
template <class T>
void put(unsigned char*& at, T value) {
  for (size_t i = sizeof(T); i > 0; --i) *at++ = static_cast<unsigned char>(value >> (8 * (i - 1)));
}

}  // namespace

bool has_spatial_index() { return sqlite3_compileoption_used("ENABLE_RTREE") != 0; }

SpatialIndex::SpatialIndex(SqliteFile& file) : file_(file), levels_(1) {
  file_.run(kTable);
  node_bytes_ = static_cast<size_t>(
      file_.number("SELECT length(data) FROM \"rtree_regions_geom_node\" WHERE nodeno = " + std::to_string(kRoot)));
  most_entries_ = (node_bytes_ - kNodeHeader) / kNodeEntry;
  insert_node_.emplace(file_, "INSERT OR REPLACE INTO \"rtree_regions_geom_node\" VALUES (?, ?)");
}

void SpatialIndex::add(int64_t id, const CoordinateBox& box) {
  add_to(0, {id,
             {rounded_down(box.low[0]), rounded_up(box.high[0]), rounded_down(box.low[1]), rounded_up(box.high[1])}});
}

void SpatialIndex::add_to(size_t level, const Entry& entry) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].push_back(entry);
  if (levels_[level].size() == kBoxesAtOnce) pack(level);
}

// Sort-tile-recursive packing of one strip: boxes that came together lie at about one height already, and are cut into
// columns as wide as the strip is high in nodes.
void SpatialIndex::pack(size_t level) {
  Entries entries, nodes;
  entries.swap(levels_[level]);
  const auto by_middle = [](size_t axis) {
    return [axis](const Entry& a, const Entry& b) {
      return a.sides[2 * axis] + a.sides[2 * axis + 1] < b.sides[2 * axis] + b.sides[2 * axis + 1];
    };
  };
  const double num_nodes = std::ceil(static_cast<double>(entries.size()) / static_cast<double>(most_entries_));
  const size_t column = most_entries_ * static_cast<size_t>(std::ceil(std::sqrt(num_nodes)));
  std::sort(entries.begin(), entries.end(), by_middle(0));
  for (size_t begin = 0; begin < entries.size(); begin += column) {
    const size_t end = std::min(entries.size(), begin + column);
    std::sort(entries.begin() + static_cast<int64_t>(begin), entries.begin() + static_cast<int64_t>(end), by_middle(1));
    for (size_t first = begin; first < end; first += most_entries_) {
      const size_t count = std::min(most_entries_, end - first);
      Entry node = entries[first];
      node.id = ++last_node_;
      for (size_t i = 1; i < count; ++i) {
        const auto& sides = entries[first + i].sides;
        for (const size_t low : {0, 2}) {
          node.sides[low] = std::min(node.sides[low], sides[low]);
          node.sides[low + 1] = std::max(node.sides[low + 1], sides[low + 1]);
        }
      }
      write_node(level, node.id, &entries[first], count);
      nodes.push_back(node);
    }
  }
  write_nodes_of(level);
  for (const auto& node : nodes) add_to(level + 1, node);
}

void SpatialIndex::write_node(size_t level, int64_t number, const Entry* entries, size_t count) {
  node_.assign(node_bytes_, 0);
  unsigned char* at = node_.data();
  put(at, static_cast<uint16_t>(number == kRoot ? level : 0));  // the depth of the tree
  put(at, static_cast<uint16_t>(count));
  for (size_t i = 0; i < count; ++i) {
    put(at, static_cast<uint64_t>(entries[i].id));
    for (const float side : entries[i].sides) put(at, std::bit_cast<uint32_t>(side));
    nodes_of_.emplace_back(entries[i].id, number);
  }
  insert_node_->bind(1, number);
  insert_node_->bind(2, node_);
  insert_node_->run();
}

void SpatialIndex::write_nodes_of(size_t level) {
  std::sort(nodes_of_.begin(), nodes_of_.end());  // the order of its keys is the one that costs SQLite least
  const std::string table = level == 0 ? "rowid" : "parent";
  const auto insert = [&](size_t begin, size_t end, size_t rows) {
    std::string text = "INSERT INTO \"rtree_regions_geom_" + table + "\" VALUES (?, ?)";
    for (size_t i = 1; i < rows; ++i) text += ", (?, ?)";
    SqliteFile::Statement statement(file_, text);
    for (size_t first = begin; first < end; first += rows) {
      for (size_t i = 0; i < rows; ++i) {
        statement.bind(static_cast<int>(2 * i + 1), nodes_of_[first + i].first);
        statement.bind(static_cast<int>(2 * i + 2), nodes_of_[first + i].second);
      }
      statement.run();
    }
  };
  const size_t whole = nodes_of_.size() / kRowsAtOnce * kRowsAtOnce;
  insert(0, whole, kRowsAtOnce);
  insert(whole, nodes_of_.size(), 1);
  nodes_of_.clear();
}

void SpatialIndex::finish() {
  for (size_t level = 0;; ++level) {
    // all that is below is packed: what is left fits the root, or is packed once more
    if (level + 1 == levels_.size() && levels_[level].size() <= most_entries_) {
      write_node(level, kRoot, levels_[level].data(), levels_[level].size());
      write_nodes_of(level);
      break;
    }
    pack(level);
  }
  insert_node_.reset();
  file_.run(kTold);
  file_.run(kTriggers);
}

}  // namespace multipole
