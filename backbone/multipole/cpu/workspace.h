// Scratch memory of one thread, carved out of one allocation. Sizes depend on the problem and the SIMD width only.
#pragma once

#include <cstdint>
#include <memory>

#include "backbone/multipole/cpu/attention2d_params.h"

namespace multipole::cpu {

// Keys whose scores are held at a time: few enough for them to stay in the L1 cache.
constexpr int64_t kBlockKeys = 192;

// Up to sixteen keys of a list that AmxProducts takes at a time. Their rows lie `padded_dim` floats apart.
struct KeyBlock {
  const float* keys;
  const float* values;
  int64_t first, count;  // in the list; a count of 0 ends it
  bool in_arena;         // or gathered from there
};

// Pointers into the scratch memory; all float rows are `padded_dim` wide (head_dim rounded up to the SIMD width).
struct Workspace {
  float* key_arena;  // (key_rows, padded_dim)
  float* value_arena;
  float* d_key_arena;  // backward only
  float* d_value_arena;
  float* query_rows;  // (width, padded_dim)
  float* out_rows;
  float* d_out_rows;
  float* query_tile;  // (padded_dim, width); tiles have room for a multiple of 32 channels
  float* out_tile;
  float* d_out_tile;
  float* scores;     // (3, kBlockKeys, width)
  float* near_bias;  // one a near key
  float* far_bias;   // one a far key
  float* level_out;  // linear: (summaries of all levels, padded_dim), merged with all coarser levels
  float* level_lse;  // (summaries of all levels), base 2
  float* d_level_out;
  float* d_level_lse;
  float* d_near_table;   // backward with near bias: (9 r^2, lanes); the caller zeroes and reads it; else null
  float* d_group_table;  // backward with far bias, linear: (levels, 36, lanes), likewise
  float* d_far_table;    // backward with far bias, log-linear: (levels, 7, 7, width), likewise
  float* d_key_mass;     // backward with masses: the gradient of the log mass of each key row, or null
  int64_t* near_offset;  // one a near key
  int64_t* far_offset;
  int64_t* extra_offset;
  int32_t* near_table_offset;
  int32_t* far_table_offset;
  float* near_pairs;  // bfloat16 tensors: rows of two keys each, or gathered blocks
  float* far_pairs;
  float* extra_pairs;
  KeyBlock* near_blocks;
  KeyBlock* far_blocks;
  KeyBlock* extra_blocks;
};

struct WorkspaceSizes {
  int64_t width, padded_dim;
  int64_t key_rows;  // of the arenas
  int64_t near_keys, far_keys, extra_keys;
  int64_t level_summaries;                     // linear variant: summaries of all levels, else 0
  int64_t near_table, group_table, far_table;  // floats, 0: none
  bool pairs;                                  // for bfloat16 tensors
  bool backward;
  bool masses;  // their gradients
};

// Owns the memory behind a Workspace. Throws std::bad_alloc.
class WorkspaceMemory {
 public:
  explicit WorkspaceMemory(const WorkspaceSizes& sizes);
  const Workspace& get() const { return workspace_; }

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Free> memory_;
  Workspace workspace_{};
};

}  // namespace multipole::cpu
