// Kernels for any processor: 4 floats a vector, the compiler's baseline.
#define MULTIPOLE_SIMD_WIDTH 4
#define MULTIPOLE_INSTRUCTION_SET generic
#include "backbone/multipole/cpu/all_kernels.inl"

namespace multipole::cpu {

const KernelTable kGenericKernels = {"generic",
                                     generic::kWidth,
                                     generic::attention2d_forward,
                                     generic::levels_task,
                                     generic::attention2d_backward,
                                     generic::attention1d_forward,
                                     generic::attention1d_backward,
                                     generic::cell_sum_row,
                                     generic::cell_sum_backward_row,
                                     generic::cluster_cell,
                                     generic::hot_tokens};

}  // namespace multipole::cpu
