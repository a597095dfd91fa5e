// Kernels for AVX2 and FMA: 8 floats a vector.
#define MULTIPOLE_SIMD_WIDTH 8
#define MULTIPOLE_INSTRUCTION_SET avx2
#include "backbone/multipole/cpu/all_kernels.inl"

namespace multipole::cpu {

const KernelTable kAvx2Kernels = {"avx2",
                                  avx2::kWidth,
                                  avx2::attention2d_forward,
                                  avx2::levels_task,
                                  avx2::attention2d_backward,
                                  avx2::attention1d_forward,
                                  avx2::attention1d_backward,
                                  avx2::cell_sum_row,
                                  avx2::cell_sum_backward_row,
                                  avx2::cluster_cell,
                                  avx2::hot_tokens};

}  // namespace multipole::cpu
