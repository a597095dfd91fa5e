#include "backbone/multipole/cuda/cell_sum.h"
#include "backbone/multipole/cuda/cell_sum_launch.h"
#include "backbone/multipole/cuda/launch_check.h"

namespace multipole::cuda {
namespace {

constexpr int kThreadsPerBlock = 256;

// One thread for each of `count` numbers.
template <class T, void (*compute)(const CellSumProblem&, int64_t)>
__global__ void each_number(const __grid_constant__ CellSumProblem p, int64_t count) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreadsPerBlock + threadIdx.x;
  if (index < count) compute(p, index);
}

unsigned int blocks(int64_t count) { return static_cast<unsigned int>(ceil_div(count, kThreadsPerBlock)); }

}  // namespace

template <class T>
void launch_cell_sum(const CellSumProblem& p, cudaStream_t stream) {
  const int64_t count = p.batch * p.rows * p.columns * p.rank * p.channels;
  each_number<T, cell_sum_forward<T>><<<blocks(count), kThreadsPerBlock, 0, stream>>>(p, count);
  check_cuda(cudaGetLastError(), "the sums over cells");
}

template <class T>
void launch_cell_sum_backward(const CellSumProblem& p, cudaStream_t stream) {
  const int64_t sites = p.batch * p.height * p.width * p.entries * p.channels;
  each_number<T, cell_sum_backward_x<T>><<<blocks(sites), kThreadsPerBlock, 0, stream>>>(p, sites);
  const int64_t weights = p.chunks * p.num_weights();
  each_number<T, cell_sum_backward_weights<T>><<<blocks(weights), kThreadsPerBlock, 0, stream>>>(p, weights);
  check_cuda(cudaGetLastError(), "the gradients of the sums over cells");
}

template void launch_cell_sum<float>(const CellSumProblem&, cudaStream_t);
template void launch_cell_sum<Float16>(const CellSumProblem&, cudaStream_t);
template void launch_cell_sum<BFloat16>(const CellSumProblem&, cudaStream_t);
template void launch_cell_sum_backward<float>(const CellSumProblem&, cudaStream_t);
template void launch_cell_sum_backward<Float16>(const CellSumProblem&, cudaStream_t);
template void launch_cell_sum_backward<BFloat16>(const CellSumProblem&, cudaStream_t);

}  // namespace multipole::cuda
