// A quick check that the op computes what it should on this machine, for `multipole doctor`.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/dispatch/backend.h"

namespace multipole {

struct SelfTestResult {
  std::string name;  // for example "attention2d log-linear, cpu"
  bool ok;
  std::string detail;  // the largest relative difference, or why the backend was not run
};

// What is tested: the output of attention2d on a backend and the gradients of sum(out * d_out), in the order of
// tensor_pack.h.
using SelfTestSubject =
    std::function<std::vector<at::Tensor>(Backend, const Attention2dArgs&, const at::Tensor& d_out)>;
std::vector<at::Tensor> attention2d_with_gradients(Backend backend, const Attention2dArgs& args,
                                                   const at::Tensor& d_out);

// Runs a small random case of each variant through every backend of attention2d and compares output and gradients with
// a dense computation in float64. A backend that cannot run here is reported with ok = true and the reason; one that
// gives a number that is not finite fails.
std::vector<SelfTestResult> run_self_test(const SelfTestSubject& subject = attention2d_with_gradients);

}  // namespace multipole
