// Kernels for AVX-512 (F, DQ, BW, VL, BF16): 16 floats a vector, products of bfloat16 in pairs.
#define MULTIPOLE_SIMD_WIDTH 16
#define MULTIPOLE_BFLOAT16_PRODUCTS
#define MULTIPOLE_INSTRUCTION_SET avx512_bf16
#include "backbone/multipole/cpu/all_kernels.inl"

namespace multipole::cpu {

const KernelTable kAvx512Bf16Kernels = {"avx512_bf16",
                                        avx512_bf16::kWidth,
                                        avx512_bf16::attention2d_forward,
                                        avx512_bf16::levels_task,
                                        avx512_bf16::attention2d_backward,
                                        avx512_bf16::attention1d_forward,
                                        avx512_bf16::attention1d_backward,
                                        avx512_bf16::cell_sum_row,
                                        avx512_bf16::cell_sum_backward_row,
                                        avx512_bf16::cluster_cell,
                                        avx512_bf16::hot_tokens};

}  // namespace multipole::cpu
