#include "backbone/multipole/cuda/attention_kernels.cuh"

namespace multipole::cuda {
template void launch_forward<float>(const Problem&, const ForwardOutput&, cudaStream_t);
template void launch_backward<float>(const Problem&, const BackwardData&, cudaStream_t);
}  // namespace multipole::cuda
