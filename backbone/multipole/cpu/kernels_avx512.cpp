// Kernels for AVX-512 (F, DQ, BW, VL): 16 floats a vector.
#define MULTIPOLE_SIMD_WIDTH 16
#define MULTIPOLE_INSTRUCTION_SET avx512
#include "backbone/multipole/cpu/all_kernels.inl"

namespace multipole::cpu {

const KernelTable kAvx512Kernels = {"avx512",
                                    avx512::kWidth,
                                    avx512::attention2d_forward,
                                    avx512::levels_task,
                                    avx512::attention2d_backward,
                                    avx512::attention1d_forward,
                                    avx512::attention1d_backward,
                                    avx512::cell_sum_row,
                                    avx512::cell_sum_backward_row,
                                    avx512::cluster_cell,
                                    avx512::hot_tokens};

}  // namespace multipole::cpu
