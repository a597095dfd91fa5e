#include "backbone/multipole/cpu/workspace.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace multipole::cpu {
namespace {

constexpr size_t kAlignment = 64;

// Hands out aligned pieces; with a null base it only measures.
class Carver {
 public:
  explicit Carver(char* base) : base_(base) {}

  template <class T>
  void take(T*& pointer, int64_t count) {
    pointer = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  size_t used() const { return used_; }

 private:
  char* base_;
  size_t used_ = 0;
};

// Blocks of a list of near or far keys at most: a cell's last block may hold less than sixteen, and an empty one ends
// the list.
int64_t list_blocks(int64_t keys) { return keys / 16 + 16; }

// Room for a list's blocks, 16 keys and 16 values each, which is more than its rows of two keys take.
int64_t list_floats(const WorkspaceSizes& sizes, int64_t keys) { return list_blocks(keys) * 32 * sizes.padded_dim; }

int64_t tile_floats(const WorkspaceSizes& sizes) { return sizes.width * ((sizes.padded_dim + 31) / 32 * 32); }

size_t carve(const WorkspaceSizes& sizes, char* base, Workspace& out) {
  Carver carver(base);
  const int64_t arena = sizes.key_rows * sizes.padded_dim, tile = tile_floats(sizes);
  const int64_t level = sizes.level_summaries;
  // small and hot first, so that they share pages
  for (float** pointer :
       {&out.query_rows, &out.out_rows, &out.d_out_rows, &out.query_tile, &out.out_tile, &out.d_out_tile}) {
    carver.take(*pointer, tile);
  }
  carver.take(out.scores, 3 * kBlockKeys * sizes.width);
  carver.take(out.near_bias, sizes.near_keys);
  carver.take(out.far_bias, sizes.far_keys);
  carver.take(out.near_offset, sizes.near_keys);
  carver.take(out.far_offset, sizes.far_keys);
  carver.take(out.extra_offset, sizes.extra_keys);
  carver.take(out.near_table_offset, sizes.near_keys);
  carver.take(out.far_table_offset, sizes.far_keys);
  if (sizes.pairs) {
    carver.take(out.near_pairs, list_floats(sizes, sizes.near_keys));
    carver.take(out.far_pairs, list_floats(sizes, sizes.far_keys));
    carver.take(out.extra_pairs, list_floats(sizes, sizes.extra_keys));
    carver.take(out.near_blocks, list_blocks(sizes.near_keys));
    carver.take(out.far_blocks, list_blocks(sizes.far_keys));
    carver.take(out.extra_blocks, list_blocks(sizes.extra_keys));
  }
  carver.take(out.key_arena, arena);
  carver.take(out.value_arena, arena);
  carver.take(out.level_out, level * sizes.padded_dim);
  carver.take(out.level_lse, level);
  if (sizes.backward) {
    carver.take(out.d_key_arena, arena);
    carver.take(out.d_value_arena, arena);
    carver.take(out.d_level_out, level * sizes.padded_dim);
    carver.take(out.d_level_lse, level);
    if (sizes.near_table > 0) carver.take(out.d_near_table, sizes.near_table);
    if (sizes.group_table > 0) carver.take(out.d_group_table, sizes.group_table);
    if (sizes.far_table > 0) carver.take(out.d_far_table, sizes.far_table);
    if (sizes.masses) carver.take(out.d_key_mass, sizes.key_rows);
  }
  return carver.used();
}

}  // namespace

void WorkspaceMemory::Free::operator()(void* memory) const { std::free(memory); }

WorkspaceMemory::WorkspaceMemory(const WorkspaceSizes& sizes) {
  const size_t bytes = carve(sizes, nullptr, workspace_);
  memory_.reset(std::aligned_alloc(kAlignment, bytes));
  if (!memory_) throw std::bad_alloc();
  carve(sizes, static_cast<char*>(memory_.get()), workspace_);
  // the kernels look a few offsets past the end of a list to fetch memory ahead
  std::memset(workspace_.near_offset, 0, sizeof(int64_t) * static_cast<size_t>(sizes.near_keys));
  std::memset(workspace_.far_offset, 0, sizeof(int64_t) * static_cast<size_t>(sizes.far_keys));
  std::memset(workspace_.extra_offset, 0, sizeof(int64_t) * static_cast<size_t>(sizes.extra_keys));
  // rows are padded to the SIMD width; what is never written must still be finite
  const int64_t tile = tile_floats(sizes);
  for (float* pointer : {workspace_.query_rows, workspace_.out_rows, workspace_.d_out_rows, workspace_.query_tile,
                         workspace_.out_tile, workspace_.d_out_tile}) {
    std::memset(pointer, 0, sizeof(float) * static_cast<size_t>(tile));
  }
}

}  // namespace multipole::cpu
