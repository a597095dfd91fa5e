#include "tests/support/warp_simulator.h"

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

#include "backbone/multipole/cuda/warp/warp.h"

namespace multipole::test {
namespace {

constexpr int kLanes = cuda::kWarpLanes;
constexpr size_t kStackBytes = 256 * 1024;

class Warp {
 public:
  explicit Warp(const std::function<void()>& program) : program_(program), stacks_(kLanes * kStackBytes) {}

  void run() {
    for (int lane = 0; lane < kLanes; ++lane) {
      ucontext_t& context = lanes_[static_cast<size_t>(lane)].context;
      getcontext(&context);
      context.uc_stack.ss_sp = stacks_.data() + static_cast<size_t>(lane) * kStackBytes;
      context.uc_stack.ss_size = kStackBytes;
      context.uc_link = &scheduler_;
      makecontext(&context, enter, 0);
    }
    // a lane runs until it waits or ends; a round without an end is one exchange
    for (int ended = 0; ended < kLanes;) {
      ended = 0;
      for (lane_ = 0; lane_ < kLanes; ++lane_) {
        Lane& lane = lanes_[static_cast<size_t>(lane_)];
        if (!lane.ended) swapcontext(&scheduler_, &lane.context);
        if (failure_) std::rethrow_exception(failure_);
        ended += lane.ended ? 1 : 0;
      }
      if (ended != 0 && ended != kLanes) throw std::logic_error("warp simulator: lanes diverged at an exchange");
      ++round_;
    }
  }

  int lane() const { return lane_; }

  const char* exchange(const void* value, size_t size) {
    std::vector<char>& values = values_[round_ % 2];
    if (lane_ == 0) {
      values.assign(kLanes * size, 0);
      size_ = size;
    }
    if (size != size_) throw std::logic_error("warp simulator: lanes exchange values of different sizes");
    std::memcpy(values.data() + static_cast<size_t>(lane_) * size, value, size);
    swapcontext(&lanes_[static_cast<size_t>(lane_)].context, &scheduler_);
    return values.data();
  }

  static Warp*& current() {
    static thread_local Warp* warp = nullptr;
    return warp;
  }

 private:
  struct Lane {
    ucontext_t context{};
    bool ended = false;
  };

  static void enter() {
    Warp& warp = *current();
    try {
      warp.program_();
    } catch (...) {
      warp.failure_ = std::current_exception();
    }
    warp.lanes_[static_cast<size_t>(warp.lane_)].ended = true;
  }

  const std::function<void()>& program_;
  std::vector<char> stacks_;
  std::array<Lane, kLanes> lanes_;
  ucontext_t scheduler_{};
  std::array<std::vector<char>, 2> values_;  // alternating: a lane may still read while the next exchange begins
  size_t size_ = 0, round_ = 0;
  int lane_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void run_warp(const std::function<void()>& lane_program) {
  const auto warp = std::make_unique<Warp>(lane_program);
  Warp::current() = warp.get();
  warp->run();
  Warp::current() = nullptr;
}

}  // namespace multipole::test

namespace multipole::cuda::host_warp {

int lane() { return test::Warp::current()->lane(); }
const char* exchange(const void* value, std::size_t size) { return test::Warp::current()->exchange(value, size); }

}  // namespace multipole::cuda::host_warp
