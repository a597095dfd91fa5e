// Rows of tensors that the thread will soon touch, asked for a few at a time between other work. Asked for all at once
// they would fill the processor's queue of open misses and hold it up until memory has answered.

struct PrefetchQueue {
  // A rectangle of rows, or of places that will be written to.
  struct Rectangle {
    const char* data;
    int64_t row_stride, column_stride, rows, columns;  // strides in bytes
    bool is_written;
  };
  // A step has at most nine new cells of keys and of values, five more inputs and results, and four finished cells.
  static constexpr int kMaxRectangles = 32;

  Rectangle rectangle[kMaxRectangles];
  int count = 0, current = 0;
  int64_t y = 0, x = 0, row_bytes = 0;
  int64_t waiting = 0;  // rows not yet asked for
  int64_t share = 0;    // rows that ask() asks for

  MULTIPOLE_INLINE_MEMBER void add(const Rectangle& rows) {
    rectangle[count++] = rows;
    waiting += rows.rows * rows.columns;
  }

  // Sets `share` so that so many calls of ask() do.
  MULTIPOLE_INLINE_MEMBER void spread_over(int64_t calls) { share = waiting / larger(1, calls) + 1; }

  MULTIPOLE_INLINE_MEMBER void ask() {
    for (int64_t i = 0; i < share && waiting > 0; ++i) ask_for_row();
  }

  // Leaves the queue empty.
  MULTIPOLE_INLINE_MEMBER void ask_for_rest() {
    while (waiting > 0) ask_for_row();
    count = current = 0;
  }

 private:
  MULTIPOLE_INLINE_MEMBER void ask_for_row() {
    const Rectangle& rows = rectangle[current];
    const char* row = rows.data + y * rows.row_stride + x * rows.column_stride;
    if (rows.is_written) {
      for (int64_t byte = 0; byte < row_bytes; byte += 64) __builtin_prefetch(row + byte, 1, 2);
    } else {
      for (int64_t byte = 0; byte < row_bytes; byte += 64) __builtin_prefetch(row + byte, 0, 2);
    }
    --waiting;
    if (++x < rows.columns) return;
    x = 0;
    if (++y < rows.rows) return;
    y = 0;
    ++current;
  }
};
