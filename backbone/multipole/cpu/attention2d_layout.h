// How the fused 2D attention cuts its work into tasks and lays out a task's keys.
#pragma once

#include <cstdint>
#include <vector>

#include "backbone/multipole/cpu/attention2d_params.h"
#include "backbone/multipole/cpu/workspace.h"

namespace multipole::cpu {

// What of the keys a task holds.
struct ArenaContents {
  bool tokens, levels;
};

ArenaLayout arena_layout(const Attention2dParams& params, const Attention2dTask& task, ArenaContents contents);

// One task for each head of each image.
std::vector<Attention2dTask> tasks_by_head(const Attention2dParams& params);

// Heads cut into rectangles of cells, so that `threads` threads have enough to share; one after the other the heads of
// a rectangle.
std::vector<Attention2dTask> tasks_by_rectangle(const Attention2dParams& params, int64_t threads);

// Summaries of all levels of one head of one image.
int64_t summaries_of_all_levels(const Attention2dParams& params);

// Enough scratch memory for any of the tasks.
WorkspaceSizes workspace_sizes(const Attention2dParams& params, int64_t width, int64_t key_rows);

}  // namespace multipole::cpu
