// The fused kernels of a device against the reference in float64, by the 2x rule: no error is larger than twice that of
// the reference in the same element type, and a few roundings. On the CPU always, on a CUDA device where there is one.
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <vector>

#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// Out, log-sum-exp and all gradients in one list.
std::vector<Tensor> results_on(Backend backend, const OracleArgs2d& args, const Tensor& d_out, const Tensor& d_lse) {
  const ForcedBackend forced(backend);
  const OpResults results = run_with_grads(run_op, args, d_out, d_lse);
  std::vector<Tensor> list = {results.out, results.lse};
  list.insert(list.end(), results.grads.begin(), results.grads.end());
  return list;
}

// Sums of hundreds of terms in another order; in 16 bits the weights and the output, which the gradients are made of,
// are rounded where the reference keeps them.
double roundings(torch::ScalarType type) {
  if (type == torch::kFloat32) return 2e-6;
  return type == torch::kHalf ? 3 * 9.8e-4 : 3 * 7.8e-3;
}

CaseShape random_kernel_shape(int64_t max_side) {
  CaseShape shape = random_shape(max_side);
  shape.head_dim = 8 * random_int(1, 8);
  return shape;
}

void expect_parity(torch::Device device, torch::ScalarType type, int64_t max_side, int cases) {
  for (int i = 0; i < cases; ++i) {
    CaseShape shape = random_kernel_shape(max_side);
    shape.linear = i % 2 == 0;
    shape.biased = i / 2 % 2 == 0;
    SCOPED_TRACE(describe(shape) + ", " + c10::toString(type));
    const OracleArgs2d args = random_args(shape, type), here = to_device(args, device);
    const Tensor d_out = torch::randn(args.q.sizes(), torch::kFloat64).to(type);
    const Tensor d_lse = torch::randn({shape.batch, shape.heads, shape.height, shape.width});
    const auto exact = results_on(Backend::reference, to_dtype(args, torch::kFloat64), d_out, d_lse);
    const auto plain = results_on(Backend::reference, here, d_out, d_lse);
    const Backend fastest = runnable_backends(here).front();
    if (device.is_cuda()) {
      ASSERT_EQ(fastest, Backend::cuda);
    }
    const auto fused = results_on(fastest, here, d_out, d_lse), again = results_on(fastest, here, d_out, d_lse);
    for (size_t k = 0; k < exact.size(); ++k) {
      const double allowed = allowed_error(relative_error(plain[k], exact[k]), 0) + roundings(type);
      EXPECT_LE(relative_error(fused[k], exact[k]), allowed) << k;
      EXPECT_TRUE(torch::equal(fused[k], again[k])) << k << ": other bits in a second run";
    }
  }
}

TEST(Parity, Cpu) {
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) expect_parity(torch::kCPU, type, 20, 3);
}

TEST(Parity, Cuda) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this machine or build has no CUDA device";
  for (const auto type : {torch::kFloat32, torch::kHalf, torch::kBFloat16}) expect_parity(torch::kCUDA, type, 70, 16);
}

}  // namespace
}  // namespace multipole::test
