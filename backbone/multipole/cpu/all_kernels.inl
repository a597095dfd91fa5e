// The body of a translation unit of one instruction set, which defines MULTIPOLE_SIMD_WIDTH and
// MULTIPOLE_INSTRUCTION_SET before it includes this file, and MULTIPOLE_BFLOAT16_PRODUCTS and MULTIPOLE_AMX_PRODUCTS
// where the set has them.
#include <cstdint>

#if MULTIPOLE_SIMD_WIDTH >= 8
#include <immintrin.h>
#endif

#include "backbone/multipole/cpu/kernel_table.h"
#include "backbone/multipole/quadtree.h"

// unnamed inside the named one: nothing of this unit may be shared with, or replace, what another unit compiled
namespace multipole::cpu::MULTIPOLE_INSTRUCTION_SET {
namespace {

#include "backbone/multipole/cpu/kernels/simd.inl"

#include "backbone/multipole/cpu/kernels/row.inl"

#include "backbone/multipole/cpu/kernels/prefetch.inl"

#include "backbone/multipole/cpu/kernels/tile.inl"

#include "backbone/multipole/cpu/kernels/softmax_tile.inl"

#include "backbone/multipole/cpu/kernels/float32_products.inl"

#include "backbone/multipole/cpu/kernels/padded_row.inl"

#ifdef MULTIPOLE_BFLOAT16_PRODUCTS
#include "backbone/multipole/cpu/kernels/bfloat16_products.inl"
#endif

#ifdef MULTIPOLE_AMX_PRODUCTS
#include "backbone/multipole/cpu/kernels/amx_tiles.inl"

#include "backbone/multipole/cpu/kernels/amx_products.inl"

#include "backbone/multipole/cpu/kernels/amx_blocks.inl"

#include "backbone/multipole/cpu/kernels/amx_softmax_forward.inl"

#include "backbone/multipole/cpu/kernels/amx_softmax_backward.inl"
#endif

// Calls run(products) with the arithmetic for tensors of this storage. Where there are tiles, the vector unit's own
// products of pairs are slower than those of float32, see instruction_set.cpp.
template <class Run>
MULTIPOLE_INLINE void with_products([[maybe_unused]] Storage storage, Run run) {
#if defined(MULTIPOLE_BFLOAT16_PRODUCTS) && !defined(MULTIPOLE_AMX_PRODUCTS)
  if (storage == Storage::bfloat16) return run(Bfloat16Products{});
#endif
  run(Float32Products{});
}

// Likewise for the 2D attention, whose cells fill tiles.
template <class Run>
MULTIPOLE_INLINE void with_products_of_cells(const Attention2dParams& p, Run run) {
#ifdef MULTIPOLE_AMX_PRODUCTS
  if (p.storage == Storage::bfloat16) {
    const AmxTiles tiles(ceil_div(p.head_dim, kWidth) * kWidth);
    return run(AmxProducts{});
  }
#endif
  with_products(p.storage, run);
}

#include "backbone/multipole/cpu/kernels/arena.inl"

#include "backbone/multipole/cpu/kernels/attention2d_masses.inl"

#include "backbone/multipole/cpu/kernels/attention2d_steps.inl"

#include "backbone/multipole/cpu/kernels/attention2d_forward.inl"

#include "backbone/multipole/cpu/kernels/attention2d_levels.inl"

#include "backbone/multipole/cpu/kernels/attention2d_backward.inl"

#include "backbone/multipole/cpu/kernels/attention1d_keys.inl"

#include "backbone/multipole/cpu/kernels/attention1d_forward.inl"

#include "backbone/multipole/cpu/kernels/attention1d_backward.inl"

#include "backbone/multipole/cpu/kernels/cell_sum.inl"

#include "backbone/multipole/cpu/kernels/cluster.inl"

#include "backbone/multipole/cpu/kernels/hot_tokens.inl"

void levels_task(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                 const Workspace& w) {
  with_products_of_cells(p, [&](auto products) {
    using OfLevels = typename decltype(products)::OfLevels;
    pack_levels<OfLevels>(p, task, layout, w);
    forward_levels<OfLevels>(p, task, layout, w);
  });
}

}  // namespace

}  // namespace multipole::cpu::MULTIPOLE_INSTRUCTION_SET
