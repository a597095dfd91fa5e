// The kernels of one instruction set. Each table is compiled in a unit of its own with that set's flags; the choice is
// made at run time, so that no machine meets an instruction that it lacks.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/attention1d_params.h"
#include "backbone/multipole/cpu/attention2d_params.h"
#include "backbone/multipole/cpu/cell_sum_params.h"
#include "backbone/multipole/cpu/cluster_params.h"
#include "backbone/multipole/cpu/hot_tokens_params.h"
#include "backbone/multipole/cpu/workspace.h"

namespace multipole::cpu {

struct KernelTable {
  const char* name;
  int64_t width;  // floats in a vector

  // out and lse of a task's queries. In the linear variant w.level_out and w.level_lse hold what the levels gave.
  void (*attention2d_forward)(const Attention2dParams&, const Attention2dTask&, const ArenaLayout&, const Workspace&);

  // Linear variant: fills w.level_out and w.level_lse of one head of one image.
  void (*attention2d_levels)(const Attention2dParams&, const Attention2dTask&, const ArenaLayout&, const Workspace&);

  // All gradients of one head of one image; the task covers every cell row.
  void (*attention2d_backward)(const Attention2dParams&, const Attention2dGradParams&, const Attention2dTask&,
                               const ArenaLayout&, const Workspace&);

  // out and lse of a task's queries; all gradients of one head of one sequence, whose task covers every group.
  void (*attention1d_forward)(const Attention1dParams&, const Attention1dTask&, const Attention1dLayout&,
                              const Workspace&);
  void (*attention1d_backward)(const Attention1dParams&, const Attention1dGradParams&, const Attention1dTask&,
                               const Attention1dLayout&, const Workspace&);

  // Upward passes: one row of cells of image b, and its gradients with the weights' added to partial sum `chunk`.
  void (*cell_sum_row)(const CellSumParams&, int64_t b, int64_t row);
  void (*cell_sum_backward_row)(const CellSumParams&, const CellSumGradParams&, int64_t b, int64_t row, int64_t chunk);

  // The clusters of one cell and head.
  void (*cluster_cell)(const ClusterParams&, int64_t b, int64_t row, int64_t column, int64_t head,
                       const ClusterScratch&);

  // received[token], the attention that each token of head h of image b gets, of those that are there.
  void (*hot_tokens)(const HotTokensParams&, int64_t b, int64_t h, const HotTokensScratch&, float* received);
};

extern const KernelTable kGenericKernels;
#ifdef MULTIPOLE_X86
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512Bf16Kernels;
extern const KernelTable kAmxKernels;
#endif

}  // namespace multipole::cpu
