// Random cases of the 2D attention for tests, and ways to run them: through the op on a chosen backend, or densely.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/dispatch/backend.h"
#include "tests/support/dense_oracle.h"
#include "tests/support/environment_variable.h"

namespace multipole::test {

struct CaseShape {
  int64_t batch, height, width, heads, head_dim, cell, rank;
  bool linear, biased;
  int64_t extra = 0;  // E, 0: no extra keys
  bool token_mass = false, mass_by_head = false, far_mass = false;
  int64_t levels_left_out = 0;  // the coarsest ones, which no tensors are given for

  int64_t levels() const;
};

// Random tensors follow the test's seed from the first call on: torch's own generator begins anywhere.
void seed_tensors();

// Names the parameters, for SCOPED_TRACE.
std::string describe(const CaseShape& shape);

// Any grid from 1 x 1 to max_side x max_side, cells from 1 to 8, ranks 1, 4 and 9.
CaseShape random_shape(int64_t max_side);

// The same with extra keys, masses of tokens and masses of summaries at random, at least one of them, and of every third
// some levels left out; with few keys in all it has extra keys, so that every query sees some.
CaseShape with_masses(CaseShape shape);

// Random tensors for a shape. Far tensors are random too, and not summaries of q, k and v. A third of the masses is 0.
OracleArgs2d random_args(const CaseShape& shape, torch::ScalarType dtype);

// The tensors of `args` in the order q, k, v, k_far, v_far, q_far, near_bias, far_bias, k_extra, v_extra, token_mass,
// far_mass, without those not given; and `args` with its tensors replaced by such a list. Masses of half types are
// float32.
std::vector<torch::Tensor> tensors_of(const OracleArgs2d& args);
OracleArgs2d with_tensors(const OracleArgs2d& args, const std::vector<torch::Tensor>& tensors);
OracleArgs2d to_dtype(const OracleArgs2d& args, torch::ScalarType dtype);
OracleArgs2d to_device(const OracleArgs2d& args, torch::Device device);

// multipole::attention2d, through the dispatcher.
OracleResult run_op(const OracleArgs2d& args);

// Output, log-sum-exp and gradients of sum(out * d_out) + sum(lse * d_lse) by all tensors_of(args).
struct OpResults {
  torch::Tensor out, lse;
  std::vector<torch::Tensor> grads;
};
using OpFunction = OracleResult (*)(const OracleArgs2d&);
OpResults run_with_grads(OpFunction function, const OracleArgs2d& args, const torch::Tensor& d_out,
                         const torch::Tensor& d_lse);

// The backends that can run these arguments here.
std::vector<Backend> runnable_backends(const OracleArgs2d& args);

// Forces a backend while it lives.
class ForcedBackend {
 public:
  explicit ForcedBackend(const std::string& name) : variable_("MULTIPOLE_BACKEND", name) {}
  explicit ForcedBackend(Backend backend) : ForcedBackend(std::string(backend_name(backend))) {}

 private:
  EnvironmentVariable variable_;
};

// max |actual - expected| / max |expected|, in float64 and on whatever devices; infinite where actual is not finite.
double relative_error(const torch::Tensor& actual, const torch::Tensor& expected);

// The error that one computation may have where another one's, which is known to be sound, is `error`: twice that, and
// `rounding` where it happens to be exact. An error that is not finite would allow everything: it fails the test.
double allowed_error(double error, double rounding);

// Where the definition's out and lse depend on one entry of one of tensors_of(args), and `args` with NaN in that entry:
// these places, if no others, must show it.
struct Poisoned {
  OracleArgs2d args;
  torch::Tensor out, lse;  // bool
};
Poisoned poison(const OracleArgs2d& args, size_t tensor, int64_t entry);

// The weights of the upward passes of q, k and v, and an attention over tokens with its own summaries.
struct Bases {
  torch::Tensor token_basis;
  std::vector<torch::Tensor> merge_basis;
};
Bases random_bases(const CaseShape& shape, torch::ScalarType dtype);
// x (B, H, W, heads, head_dim) -> summaries (B, Hl, Wl, p, heads, head_dim), none where the shape has no far levels.
std::vector<torch::Tensor> summarize_tokens(const torch::Tensor& x, const Bases& bases, int64_t cell, int64_t levels);

}  // namespace multipole::test
