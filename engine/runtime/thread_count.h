// How many CPU threads torch may use.
#pragma once

namespace multipole {

// While it lives, work that the constructing thread starts uses so many threads; 0 changes nothing. Other threads and
// what they start keep theirs, unlike with at::set_num_threads, whose number is the whole program's. To be destroyed in
// the same thread. Where the program itself has called at::set_num_threads in this thread, MKL's products go by that.
class ThreadCount {
 public:
  explicit ThreadCount(int threads);
  ~ThreadCount();
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_ = 0;  // 0: nothing was changed
};

// The whole program's number, for its main thread to choose before any work. 0: what torch chooses (OMP_NUM_THREADS, or
// one a core), but no more than the processors that the process may use unless the user set OMP_NUM_THREADS. Returns
// the number.
int set_program_threads(int threads);

}  // namespace multipole
