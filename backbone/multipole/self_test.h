// A quick check that the op computes what it should on this machine, for `multipole doctor`.
#pragma once

#include <string>
#include <vector>

namespace multipole {

struct SelfTestResult {
  std::string name;  // for example "attention2d log-linear, cpu"
  bool ok;
  std::string detail;  // the largest relative difference, or why the backend was not run
};

// Runs a small random case of each variant through every backend of attention2d and compares output and gradients with
// a dense computation in float64. A backend that cannot run here is reported with ok = true and the reason.
std::vector<SelfTestResult> run_self_test();

}  // namespace multipole
