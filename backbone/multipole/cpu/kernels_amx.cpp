// Kernels for AMX (TILE, BF16) beside AVX-512 (F, DQ, BW, VL, BF16): the 2D attention of bfloat16 tensors in tiles.
#define MULTIPOLE_SIMD_WIDTH 16
#define MULTIPOLE_BFLOAT16_PRODUCTS
#define MULTIPOLE_AMX_PRODUCTS
#define MULTIPOLE_INSTRUCTION_SET amx
#include "backbone/multipole/cpu/all_kernels.inl"

namespace multipole::cpu {

const KernelTable kAmxKernels = {"amx",
                                 amx::kWidth,
                                 amx::attention2d_forward,
                                 amx::levels_task,
                                 amx::attention2d_backward,
                                 amx::attention1d_forward,
                                 amx::attention1d_backward,
                                 amx::cell_sum_row,
                                 amx::cell_sum_backward_row,
                                 amx::cluster_cell,
                                 amx::hot_tokens};

}  // namespace multipole::cpu
