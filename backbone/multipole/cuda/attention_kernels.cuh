// The kernels: each warp takes one tile, or a chunk of them, and runs the warp functions of forward.h,
// query_backward.h and key_backward.h. Instantiated once for each element type (attention_<type>.cu).
#pragma once

#include "backbone/multipole/cuda/attention_launch.h"
#include "backbone/multipole/cuda/key_backward.h"
#include "backbone/multipole/cuda/launch_check.h"
#include "backbone/multipole/cuda/query_backward.h"

namespace multipole::cuda {
namespace {

constexpr int kWarpsPerBlock = 4;
constexpr int kThreadsPerBlock = kWarpsPerBlock * kWarpLanes;
// without an opt-in, a block has this much shared memory
constexpr int kDefaultSharedBytes = 48 * 1024;

__device__ int64_t warp_index() { return static_cast<int64_t>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / kWarpLanes; }

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreadsPerBlock)
    token_forward_kernel(const __grid_constant__ Problem p, const __grid_constant__ ForwardOutput output) {
  const TileGrid grid = token_tiles(p);
  if (warp_index() < grid.size()) token_forward<T, kChunks>(p, output, grid.tile(warp_index()));
}

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreadsPerBlock)
    level_forward_kernel(const __grid_constant__ Problem p, const __grid_constant__ ForwardOutput output, int l) {
  const TileGrid grid = summary_tiles(p, l);
  if (warp_index() < grid.size()) level_forward<T, kChunks>(p, output, l, grid.tile(warp_index()));
}

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreadsPerBlock)
    token_key_kernel(const __grid_constant__ Problem p, const __grid_constant__ BackwardData data) {
  const TileGrid grid = token_tiles(p);
  if (warp_index() < grid.size()) token_key_backward<T, kChunks>(p, data, grid.tile(warp_index()));
}

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreadsPerBlock)
    level_key_kernel(const __grid_constant__ Problem p, const __grid_constant__ BackwardData data, int l) {
  const TileGrid grid = summary_tiles(p, l);
  const int64_t tile = warp_index() % grid.size();
  const int64_t share = warp_index() / grid.size();
  if (share < data.shares[l]) level_key_backward<T, kChunks>(p, data, l, static_cast<int>(share), grid.tile(tile));
}

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreadsPerBlock)
    extra_key_kernel(const __grid_constant__ Problem p, const __grid_constant__ BackwardData data) {
  const TileGrid grid = extra_tiles(p);
  const int64_t tile = warp_index() % grid.size();
  const int64_t share = warp_index() / grid.size();
  if (share < data.extra_shares) extra_key_backward<T, kChunks>(p, data, static_cast<int>(share), grid.tile(tile));
}

// Gradients of queries: of tokens (kTokens) or of the summaries of level l + 1. With kBias a warp takes a chunk of one
// head's tiles and sums up bias tables in shared memory; without, there is a chunk for every tile.
template <class T, int kChunks, bool kTokens, bool kBias>
__global__ void __launch_bounds__(kThreadsPerBlock)
    query_kernel(const __grid_constant__ Problem p, const __grid_constant__ BackwardData data, int l, int chunks) {
  extern __shared__ float shared[];
  const TileGrid grid = kTokens ? token_tiles(p) : summary_tiles(p, l);
  const int64_t head = warp_index() / chunks, chunk = warp_index() % chunks;
  if (head >= p.heads) return;
  BiasScratch scratch = {};
  if constexpr (kBias) {
    scratch = BiasScratch::in(shared + threadIdx.x / kWarpLanes * BiasScratch::floats(p), p);
    clear_tables(scratch, p);
  }
  const IndexRange tiles = grid.chunk_of_head(chunk, chunks);
  for (int64_t i = tiles.begin; i < tiles.end; ++i) {
    const TilePlace tile = grid.tile_of_head(head, i);
    if constexpr (kTokens) {
      token_query_backward<T, kChunks, kBias>(p, data, tile, scratch);
    } else {
      level_query_backward<T, kChunks, kBias>(p, data, l, tile, scratch);
    }
  }
  if constexpr (kBias) add_tables(scratch, p, data.bias, head, static_cast<int>(chunk));
}

unsigned int blocks(int64_t warps) { return static_cast<unsigned int>(ceil_div(warps, kWarpsPerBlock)); }

template <class T, int kChunks>
void forward(const Problem& p, const ForwardOutput& output, cudaStream_t stream) {
  for (int l = 0; p.linear && l < p.num_levels; ++l) {
    level_forward_kernel<T, kChunks><<<blocks(summary_tiles(p, l).size()), kThreadsPerBlock, 0, stream>>>(p, output, l);
  }
  token_forward_kernel<T, kChunks><<<blocks(token_tiles(p).size()), kThreadsPerBlock, 0, stream>>>(p, output);
  check_cuda(cudaGetLastError(), "the forward kernels of the attention");
}

template <class T, int kChunks, bool kTokens, bool kBias>
void query_backward(const Problem& p, const BackwardData& data, int l, cudaStream_t stream) {
  const TileGrid grid = kTokens ? token_tiles(p) : summary_tiles(p, l);
  const int chunks = kBias ? bias_chunks(grid) : static_cast<int>(grid.batch * grid.tiles_of_head());
  const int bytes = kBias ? kWarpsPerBlock * BiasScratch::floats(p) * static_cast<int>(sizeof(float)) : 0;
  const auto kernel = query_kernel<T, kChunks, kTokens, kBias>;
  if (bytes > kDefaultSharedBytes) {
    check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
               "the shared memory of the bias tables");
  }
  kernel<<<blocks(p.heads * chunks), kThreadsPerBlock, bytes, stream>>>(p, data, l, chunks);
}

template <class T, int kChunks, bool kTokens>
void query_backward(const Problem& p, const BackwardData& data, int l, cudaStream_t stream) {
  const bool has_bias = data.bias.far || (kTokens && data.bias.near);
  return has_bias ? query_backward<T, kChunks, kTokens, true>(p, data, l, stream)
                  : query_backward<T, kChunks, kTokens, false>(p, data, l, stream);
}

template <class T, int kChunks>
void backward(const Problem& p, const BackwardData& data, cudaStream_t stream) {
  query_backward<T, kChunks, true>(p, data, 0, stream);
  token_key_kernel<T, kChunks><<<blocks(token_tiles(p).size()), kThreadsPerBlock, 0, stream>>>(p, data);
  if (p.num_extra > 0) {
    extra_key_kernel<T, kChunks>
        <<<blocks(extra_tiles(p).size() * data.extra_shares), kThreadsPerBlock, 0, stream>>>(p, data);
  }
  for (int l = 0; l < p.num_levels; ++l) {
    if (p.linear) query_backward<T, kChunks, false>(p, data, l, stream);
    level_key_kernel<T, kChunks>
        <<<blocks(summary_tiles(p, l).size() * data.shares[l]), kThreadsPerBlock, 0, stream>>>(p, data, l);
  }
  check_cuda(cudaGetLastError(), "the backward kernels of the attention");
}

}  // namespace

template <class T>
void launch_forward(const Problem& p, const ForwardOutput& output, cudaStream_t stream) {
  switch (ceil_div(p.head_dim, kChunk)) {
    case 1:
      return forward<T, 1>(p, output, stream);
    case 2:
      return forward<T, 2>(p, output, stream);
    case 3:
      return forward<T, 3>(p, output, stream);
    default:
      return forward<T, 4>(p, output, stream);
  }
}

template <class T>
void launch_backward(const Problem& p, const BackwardData& data, cudaStream_t stream) {
  switch (ceil_div(p.head_dim, kChunk)) {
    case 1:
      return backward<T, 1>(p, data, stream);
    case 2:
      return backward<T, 2>(p, data, stream);
    case 3:
      return backward<T, 3>(p, data, stream);
    default:
      return backward<T, 4>(p, data, stream);
  }
}

}  // namespace multipole::cuda
