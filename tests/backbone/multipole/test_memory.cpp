// A 256 x 256 grid with 4 heads of 32, cell 4, rank 4 runs in bounded memory: forward under 4 GiB in all.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

// Peak resident memory of this process so far.
double peak_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024.0;
}

TEST(Memory, LargeGridForward) {
  const torch::NoGradGuard no_grad;
  for (const bool linear : {false, true}) {
    const CaseShape shape = {1, 256, 256, 4, 32, 4, 4, linear, false};
    const Bases bases = random_bases(shape, torch::kFloat32);
    OracleArgs2d args;
    args.cell = shape.cell;
    for (torch::Tensor* tokens : {&args.q, &args.k, &args.v}) *tokens = torch::randn({1, 256, 256, 4, 32});
    const auto far = [&](const torch::Tensor& x) { return summarize_tokens(x, bases, shape.cell, shape.levels()); };
    args.k_far = far(args.k);
    args.v_far = far(args.v);
    if (linear) args.q_far = far(args.q);
    for (const Backend backend : runnable_backends(args)) {
      SCOPED_TRACE(describe(shape) + ", " + backend_name(backend));
      const ForcedBackend forced(backend);
      EXPECT_TRUE(run_op(args).out.isfinite().all().item<bool>());
      EXPECT_LT(peak_bytes() / kGiB, 4.0);
    }
  }
}

// A long thin grid has as many levels as its long side asks for, but no more cells: no n x n anywhere.
TEST(Memory, LongThinGridForwardAndBackward) {
  const CaseShape shape = {1, 1, 20000, 1, 8, 4, 1, true, true};
  const OracleArgs2d args = random_args(shape, torch::kFloat32);
  const OpResults results = run_with_grads(run_op, args, torch::randn_like(args.q), torch::randn({1, 1, 1, 20000}));
  EXPECT_TRUE(results.grads[0].isfinite().all().item<bool>());
  EXPECT_LT(peak_bytes() / kGiB, 4.0);
}

}  // namespace
}  // namespace multipole::test
