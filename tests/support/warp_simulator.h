// Runs the 32 lanes of a warp on the host, each with a stack of its own, switching at the points where lanes exchange
// values: the host's side of backbone/multipole/cuda/warp/warp.h.
#pragma once

#include <functional>

namespace multipole::test {

// Runs `lane_program` once for every lane of a warp. Fails the test program (std::logic_error) where some lanes end
// while others wait for them, or where they exchange values of different sizes, as a warp that diverged would.
void run_warp(const std::function<void()>& lane_program);

}  // namespace multipole::test
