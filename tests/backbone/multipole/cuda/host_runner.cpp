#include "tests/backbone/multipole/cuda/host_runner.h"

#include <c10/util/Exception.h>

#include <vector>

#include "backbone/multipole/cuda/key_backward.h"
#include "backbone/multipole/cuda/query_backward.h"
#include "tests/support/warp_simulator.h"

namespace multipole::test {
namespace {

using namespace cuda;

template <class T, int kChunks>
void run_forward(const Problem& p, const ForwardOutput& output) {
  for (int l = 0; p.linear && l < p.num_levels; ++l) {
    const TileGrid grid = summary_tiles(p, l);
    for (int64_t i = 0; i < grid.size(); ++i) run_warp([&] { level_forward<T, kChunks>(p, output, l, grid.tile(i)); });
  }
  const TileGrid grid = token_tiles(p);
  for (int64_t i = 0; i < grid.size(); ++i) run_warp([&] { token_forward<T, kChunks>(p, output, grid.tile(i)); });
}

template <class T, int kChunks, bool kTokens>
void run_query_backward(const Problem& p, const BackwardData& data, int l) {
  const TileGrid grid = kTokens ? token_tiles(p) : summary_tiles(p, l);
  const int chunks = bias_chunks(grid);
  std::vector<float> shared(static_cast<size_t>(BiasScratch::floats(p)));
  const BiasScratch scratch = BiasScratch::in(shared.data(), p);
  for (int64_t head = 0; head < p.heads; ++head) {
    for (int chunk = 0; chunk < chunks; ++chunk) {
      run_warp([&] {
        clear_tables(scratch, p);
        const IndexRange tiles = grid.chunk_of_head(chunk, chunks);
        for (int64_t i = tiles.begin; i < tiles.end; ++i) {
          if constexpr (kTokens) {
            token_query_backward<T, kChunks, true>(p, data, grid.tile_of_head(head, i), scratch);
          } else {
            level_query_backward<T, kChunks, true>(p, data, l, grid.tile_of_head(head, i), scratch);
          }
        }
        if (data.bias.tables != nullptr) add_tables(scratch, p, data.bias, head, chunk);
      });
    }
  }
}

template <class T, int kChunks>
void run_backward(const Problem& p, const BackwardData& data) {
  run_query_backward<T, kChunks, true>(p, data, 0);
  const TileGrid tokens = token_tiles(p);
  for (int64_t i = 0; i < tokens.size(); ++i) {
    run_warp([&] { token_key_backward<T, kChunks>(p, data, tokens.tile(i)); });
  }
  const TileGrid extra = extra_tiles(p);
  for (int share = 0; share < data.extra_shares; ++share) {
    for (int64_t i = 0; i < extra.size(); ++i) {
      run_warp([&] { extra_key_backward<T, kChunks>(p, data, share, extra.tile(i)); });
    }
  }
  for (int l = 0; l < p.num_levels; ++l) {
    if (p.linear) run_query_backward<T, kChunks, false>(p, data, l);
    const TileGrid grid = summary_tiles(p, l);
    for (int share = 0; share < data.shares[l]; ++share) {
      for (int64_t i = 0; i < grid.size(); ++i) {
        run_warp([&] { level_key_backward<T, kChunks>(p, data, l, share, grid.tile(i)); });
      }
    }
  }
}

// Calls visit.operator()<T, chunks>() for a tensor type and head_dim.
template <class Visit>
void with_type(at::ScalarType type, int head_dim, const Visit& visit) {
  const auto with_chunks = [&]<class T>() {
    switch (ceil_div(head_dim, kChunk)) {
      case 1:
        return visit.template operator()<T, 1>();
      case 2:
        return visit.template operator()<T, 2>();
      case 3:
        return visit.template operator()<T, 3>();
      default:
        return visit.template operator()<T, 4>();
    }
  };
  if (type == at::kFloat) return with_chunks.template operator()<float>();
  if (type == at::kHalf) return with_chunks.template operator()<Float16>();
  TORCH_CHECK(type == at::kBFloat16, "no kernels for ", type);
  return with_chunks.template operator()<BFloat16>();
}

}  // namespace

void HostRunner::forward(at::ScalarType type, const Problem& p, const ForwardOutput& output) const {
  with_type(type, p.head_dim, [&]<class T, int kChunks>() { run_forward<T, kChunks>(p, output); });
}

void HostRunner::backward(at::ScalarType type, const Problem& p, const BackwardData& data) const {
  with_type(type, p.head_dim, [&]<class T, int kChunks>() { run_backward<T, kChunks>(p, data); });
}

}  // namespace multipole::test
