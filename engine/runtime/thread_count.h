// How many CPU threads torch may use in a stretch of work.
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

}  // namespace multipole
