#include "backbone/multipole/cuda/attention_kernels.cuh"

namespace multipole::cuda {
template void launch_forward<Float16>(const Problem&, const ForwardOutput&, cudaStream_t);
template void launch_backward<Float16>(const Problem&, const BackwardData&, cudaStream_t);
}  // namespace multipole::cuda
