// Clusters of the sites of each cell of a grid and each head: one level of cluster2d (backbone/multipole/op.h).
//
// Tokens to level 1: one entry a site. Level l to l + 1: 2 x 2 sites of p entries, the clusters of level l.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/storage.h"

namespace multipole::cpu {

struct ClusterParams {
  int64_t batch, height, width, entries, heads, head_dim;
  int64_t side, rank, steps;  // a cell is side x side sites
  int64_t rows, columns;      // cells; the last ones may be ragged
  Storage storage;            // of k and v
  SummaryView k, v;           // `summary` is the stride of an entry
  SummaryView mass;           // of floats; no data: 1 for every site. A site of mass 0 or less is not there
  const int32_t* start;       // (side, side, entries): the cluster that each place of a cell starts in
  float* out_k;               // (batch, rows, columns, rank, heads, head_dim)
  float* out_v;
  float* out_mass;  // (batch, rows, columns, rank, heads)
  int32_t* labels;  // (batch, height, width, entries, heads): the cluster of each site; 0 for one that is not there
};

// Scratch memory of one thread for one cell and head. A row is head_dim padded to a multiple of kRowFloats, points are
// as many as a cell has at most, padded likewise.
constexpr int64_t kRowFloats = 16;

struct ClusterScratch {
  float* rows;           // (points, row): keys, then values
  float* tiles;          // (points / width, row, width): keys
  float* means;          // (rank, row)
  float* distances;      // (rank, width): of one tile of points
  float* point_mass;     // (points)
  float* cluster_mass;   // (rank)
  int32_t* point_label;  // (points)
  int32_t* members;      // (points), sorted by cluster
  int32_t* first;        // (rank + 1): where each cluster's members begin
  int64_t* site;         // (points): the element of labels that is each point's
  int64_t* value;        // (points): the element of v
};

}  // namespace multipole::cpu
