// The spatial index of a GeoPackage's table of polygons: the extension gpkg_rtree_index (OGC 12-128r18, annex F.3), a
// virtual table of SQLite's R*Tree module. Its nodes are written as that module stores them
// (https://www.sqlite.org/rtree.html, "Shadow Tables"), many boxes at once: inserting boxes one by one would take
// longer than the regions themselves.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "datasets/vector/region_writer.h"
#include "datasets/vector/sqlite_file.h"

namespace multipole {

// Whether the SQLite that is there has the R*Tree module.
bool has_spatial_index();

class SpatialIndex {
 public:
  // Of the column `geom` of `regions`, whose key is `fid`, in a file that is being written. Keeps a reference.
  explicit SpatialIndex(SqliteFile& file);

  // Boxes that come one after another should lie near each other; memory holds kBoxesAtOnce of them for each level of
  // the tree (there are five for 10^9 boxes).
  void add(int64_t id, const CoordinateBox& box);
  // After the last box: the rest of the tree, what tells of it, and what keeps it up to date where regions change.
  void finish();

  static constexpr size_t kBoxesAtOnce = 1 << 15;

 private:
  // As the module stores them: 32 bits, rounded outwards.
  struct Entry {
    int64_t id;                  // of a region, or of a node
    std::array<float, 4> sides;  // low x, high x, low y, high y
  };
  using Entries = std::vector<Entry>;

  void add_to(size_t level, const Entry& entry);
  // Makes nodes of the entries of a level and hands them to the one above.
  void pack(size_t level);
  void write_node(size_t level, int64_t number, const Entry* entries, size_t count);
  // In which node each entry of a level is, of all that were written since the last call.
  void write_nodes_of(size_t level);

  SqliteFile& file_;
  size_t node_bytes_ = 0, most_entries_ = 0;
  std::vector<Entries> levels_;  // that wait for nodes; regions, leaves...
  int64_t last_node_ = 1;        // the root's number, which is given last
  std::vector<std::pair<int64_t, int64_t>> nodes_of_;
  std::vector<unsigned char> node_;
  std::optional<SqliteFile::Statement> insert_node_;
};

}  // namespace multipole
