// A task goes through its cells row by row, one a step. A step first packs the keys that no step before it needed, and
// asks for what the steps after it will touch: little and late, so that it is still in the caches then.

struct Step {
  const Attention2dTask* task;  // null past the end
  int64_t cy, cx;
};

// How far ahead of its use memory is asked for.
constexpr int kStepsAhead = 2;

MULTIPOLE_INLINE Step first_step(const Attention2dTask* task) {
  return task == nullptr ? Step{} : Step{task, task->rows.begin, task->columns.begin};
}

MULTIPOLE_INLINE Step step_after(Step step) {
  if (step.task == nullptr || ++step.cx < step.task->columns.end) return step;
  step.cx = step.task->columns.begin;
  return ++step.cy < step.task->rows.end ? step : first_step(step.task->next);
}

// visit(cell row, cell column) for the cells of keys that a step is the first of its task to see.
template <class Visit>
MULTIPOLE_INLINE void for_each_new_cell(const Attention2dParams& p, const Step& step, Visit visit) {
  const bool is_first_row = step.cy == step.task->rows.begin, is_first_column = step.cx == step.task->columns.begin;
  const int64_t first_y = is_first_row ? larger(0, step.cy - 1) : step.cy + 1;
  const int64_t first_x = is_first_column ? larger(0, step.cx - 1) : step.cx + 1;
  for (int64_t y = first_y; y < smaller(p.cell_rows, step.cy + 2); ++y) {
    for (int64_t x = first_x; x < smaller(p.cell_columns, step.cx + 2); ++x) visit(y, x);
  }
}

// visit(cell row, cell column) for the cells of keys that no later step sees; for a task of a whole head.
template <class Visit>
MULTIPOLE_INLINE void for_each_finished_cell(const Attention2dParams& p, const Step& step, Visit visit) {
  const bool is_last_row = step.cy + 1 == p.cell_rows, is_last_column = step.cx + 1 == p.cell_columns;
  for (int64_t y = larger(0, step.cy - 1); y < step.cy + is_last_row; ++y) {
    for (int64_t x = larger(0, step.cx - 1); x < step.cx + is_last_column; ++x) visit(y, x);
  }
}

template <class Products>
static void pack_new_cells(const Attention2dParams& p, const ArenaLayout& layout, const Step& step,
                           const Workspace& w) {
  for_each_new_cell(p, step, [&](int64_t cy, int64_t cx) { pack_cell<Products>(p, *step.task, layout, cy, cx, w); });
}

// Of one head of a token.
MULTIPOLE_INLINE int64_t bytes_of_row(const Attention2dParams& p) {
  return p.head_dim * (p.storage == Storage::float32 ? 4 : 2);
}

// Adds a cell's rows of a token tensor to the queue.
MULTIPOLE_INLINE void ask_for_cell(const Attention2dParams& p, const TokenView& view, const Attention2dTask& task,
                                   int64_t cy, int64_t cx, bool is_written, PrefetchQueue* queue) {
  const int64_t element_bytes = p.storage == Storage::float32 ? 4 : 2;
  const CellTokens cell = tokens_of_cell(p, cy, cx);
  const HeadView head = view_of_head(view, task.b, task.h);
  const char* data = static_cast<const char*>(head.data) + head.element(cell.y, cell.x) * element_bytes;
  queue->add({data, head.row * element_bytes, head.column * element_bytes, cell.rows, cell.columns, is_written});
}

// What every pass reads in a step: keys and values of cells that are new, and the rows of the cell's queries.
MULTIPOLE_INLINE void ask_for_inputs(const Attention2dParams& p, const Step& step, PrefetchQueue* queue) {
  for_each_new_cell(p, step, [&](int64_t cy, int64_t cx) {
    ask_for_cell(p, p.key, *step.task, cy, cx, false, queue);
    ask_for_cell(p, p.value, *step.task, cy, cx, false, queue);
  });
  ask_for_cell(p, p.query, *step.task, step.cy, step.cx, false, queue);
}

// How often the tiles of a cell call PrefetchQueue::ask(): once for every eight keys.
MULTIPOLE_INLINE int64_t asks_of_cell(const Attention2dParams& p, const KeyList& near, const KeyList& far) {
  return ceil_div(p.cell * p.cell, kWidth) * (near.count + far.count) / 8;
}
