#include "tests/backbone/multipole/op_cases.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "backbone/multipole/dispatch/dispatch.h"
#include "backbone/multipole/op.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

int64_t ceil_of(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

int64_t CaseShape::levels() const {
  return oracle_num_far_levels(ceil_of(std::max(height, width), cell)) - levels_left_out;
}

std::string describe(const CaseShape& shape) {
  std::ostringstream text;
  text << "B " << shape.batch << ", grid " << shape.height << " x " << shape.width << ", heads " << shape.heads
       << ", head_dim " << shape.head_dim << ", cell " << shape.cell << ", rank " << shape.rank
       << (shape.linear ? ", linear" : ", log-linear") << (shape.biased ? ", biased" : "");
  if (shape.extra > 0) text << ", " << shape.extra << " extra keys";
  if (shape.token_mass) text << ", token mass" << (shape.mass_by_head ? " by head" : "");
  if (shape.far_mass) text << ", far mass";
  if (shape.levels_left_out > 0) text << ", without the coarsest " << shape.levels_left_out << " levels";
  return text.str();
}

CaseShape random_shape(int64_t max_side) {
  CaseShape shape;
  shape.batch = random_int(1, 2);
  shape.height = random_int(1, max_side);
  shape.width = random_int(1, max_side);
  shape.heads = random_int(1, 3);
  shape.head_dim = random_int(1, 9);
  shape.cell = random_int(1, 8);
  const int64_t s = random_int(1, std::min<int64_t>(3, shape.cell));
  shape.rank = s * s;
  shape.linear = random_int(0, 1) == 1;
  shape.biased = random_int(0, 1) == 1;
  return shape;
}

CaseShape with_masses(CaseShape shape) {
  const int64_t given = random_int(1, 7);
  shape.token_mass = (given & 1) != 0;
  shape.mass_by_head = random_int(0, 1) == 1;
  shape.far_mass = (given & 2) != 0;
  if (shape.levels() > 0 && random_int(0, 2) == 0) shape.levels_left_out = random_int(1, shape.levels());
  const bool has_few_keys = shape.height * shape.width < 64 || shape.cell < 3;
  if ((given & 4) != 0 || has_few_keys) shape.extra = random_int(1, 37);
  return shape;
}

void seed_tensors() {
  static const bool seeded = [] {
    torch::manual_seed(test_seed());
    return true;
  }();
  static_cast<void>(seeded);
}

OracleArgs2d random_args(const CaseShape& shape, torch::ScalarType dtype) {
  seed_tensors();
  const auto random = [&](at::IntArrayRef sizes) { return torch::randn(sizes, torch::kFloat64).to(dtype); };
  const auto random_mass = [&](at::IntArrayRef sizes) {
    const Tensor mass = torch::rand(sizes, torch::kFloat64), kind = torch::randint(0, 3, sizes);
    return mass.masked_fill(kind.eq(0), 0).masked_fill(kind.eq(1), 1).to(mass_dtype(dtype));
  };
  OracleArgs2d args;
  args.cell = shape.cell;
  if (shape.extra > 0) {
    args.k_extra = random({shape.batch, shape.extra, shape.heads, shape.head_dim});
    args.v_extra = random({shape.batch, shape.extra, shape.heads, shape.head_dim});
  }
  if (shape.token_mass) {
    args.token_mass = random_mass({shape.batch, shape.height, shape.width, shape.heads});
    if (!shape.mass_by_head) args.token_mass = args.token_mass.select(3, 0).clone();
  }
  for (Tensor* tokens : {&args.q, &args.k, &args.v}) {
    *tokens = random({shape.batch, shape.height, shape.width, shape.heads, shape.head_dim});
  }
  if (shape.biased) args.near_bias = random({shape.heads, 4 * shape.cell - 1, 4 * shape.cell - 1});
  for (int64_t level = 1; level <= shape.levels(); ++level) {
    const int64_t side = shape.cell << (level - 1);
    const std::vector<int64_t> sizes = {
        shape.batch, ceil_of(shape.height, side), ceil_of(shape.width, side), shape.rank, shape.heads, shape.head_dim};
    args.k_far.push_back(random(sizes));
    args.v_far.push_back(random(sizes));
    if (shape.linear) args.q_far.push_back(random(sizes));
    if (shape.biased) args.far_bias.push_back(random({shape.heads, 7, 7}));
    const at::IntArrayRef mass_sizes = at::IntArrayRef(sizes).slice(0, 5);
    if (shape.far_mass) args.far_mass.push_back(random_mass(mass_sizes).log() + static_cast<double>(level));
  }
  return args;
}

std::vector<Tensor> tensors_of(const OracleArgs2d& args) {
  std::vector<Tensor> tensors = {args.q, args.k, args.v};
  const auto append = [&](const std::vector<Tensor>& list) { tensors.insert(tensors.end(), list.begin(), list.end()); };
  append(args.k_far);
  append(args.v_far);
  append(args.q_far);
  if (args.near_bias.defined()) tensors.push_back(args.near_bias);
  append(args.far_bias);
  for (const Tensor& tensor : {args.k_extra, args.v_extra, args.token_mass}) {
    if (tensor.defined()) tensors.push_back(tensor);
  }
  append(args.far_mass);
  return tensors;
}

OracleArgs2d with_tensors(const OracleArgs2d& args, const std::vector<Tensor>& tensors) {
  OracleArgs2d result = args;
  auto next = tensors.begin();
  const auto take = [&](std::vector<Tensor>& list) {
    for (Tensor& tensor : list) tensor = *next++;
  };
  for (Tensor* tensor : {&result.q, &result.k, &result.v}) *tensor = *next++;
  take(result.k_far);
  take(result.v_far);
  take(result.q_far);
  if (result.near_bias.defined()) result.near_bias = *next++;
  take(result.far_bias);
  for (Tensor* tensor : {&result.k_extra, &result.v_extra, &result.token_mass}) {
    if (tensor->defined()) *tensor = *next++;
  }
  take(result.far_mass);
  return result;
}

OracleArgs2d to_dtype(const OracleArgs2d& args, torch::ScalarType dtype) {
  std::vector<Tensor> tensors = tensors_of(args);
  for (Tensor& tensor : tensors) tensor = tensor.to(dtype);
  OracleArgs2d converted = with_tensors(args, tensors);
  if (args.token_mass.defined()) converted.token_mass = args.token_mass.to(mass_dtype(dtype));
  for (size_t i = 0; i < args.far_mass.size(); ++i) converted.far_mass[i] = args.far_mass[i].to(mass_dtype(dtype));
  return converted;
}

OracleArgs2d to_device(const OracleArgs2d& args, torch::Device device) {
  std::vector<Tensor> tensors = tensors_of(args);
  for (Tensor& tensor : tensors) tensor = tensor.to(device);
  return with_tensors(args, tensors);
}

OracleResult run_op(const OracleArgs2d& args) {
  const auto optional_list = [](const std::vector<Tensor>& list) {
    return list.empty() ? std::nullopt : std::optional<at::TensorList>(list);
  };
  const auto optional = [](const Tensor& tensor) { return tensor.defined() ? std::optional(tensor) : std::nullopt; };
  const auto [out, lse] =
      attention2d(args.q, args.k, args.v, args.k_far, args.v_far, args.cell, optional_list(args.q_far),
                  optional(args.near_bias), optional_list(args.far_bias), args.scale, optional(args.k_extra),
                  optional(args.v_extra), optional(args.token_mass), optional_list(args.far_mass));
  return {out, lse};
}

OpResults run_with_grads(OpFunction function, const OracleArgs2d& args, const Tensor& d_out, const Tensor& d_lse) {
  std::vector<Tensor> leaves;
  for (const Tensor& tensor : tensors_of(args)) leaves.push_back(tensor.detach().requires_grad_());
  const OracleResult result = function(with_tensors(args, leaves));
  const auto grads = torch::autograd::grad({result.out, result.lse}, leaves,
                                           {d_out.to(result.out.options()), d_lse.to(result.lse.options())});
  return {result.out.detach(), result.lse.detach(), grads};
}

std::vector<Backend> runnable_backends(const OracleArgs2d& args) {
  Attention2dArgs op_args;
  op_args.q = args.q;
  op_args.k = args.k;
  op_args.v = args.v;
  op_args.k_far = args.k_far;
  op_args.v_far = args.v_far;
  op_args.q_far = args.q_far;
  op_args.near_bias = args.near_bias;
  op_args.far_bias = args.far_bias;
  op_args.k_extra = args.k_extra;
  op_args.v_extra = args.v_extra;
  op_args.token_mass = args.token_mass;
  op_args.far_mass = args.far_mass;
  op_args.cell = args.cell;
  std::vector<Backend> backends;
  for (const Candidate& candidate : attention2d_candidates(op_args)) {
    if (candidate.why_not.empty()) backends.push_back(candidate.backend);
  }
  return backends;
}

double relative_error(const Tensor& actual, const Tensor& expected) {
  if (!actual.isfinite().all().item<bool>()) return std::numeric_limits<double>::infinity();
  const Tensor wanted = expected.to(torch::kCPU, torch::kFloat64);
  const double scale = std::max(wanted.abs().max().item<double>(), 1e-30);
  return (actual.to(torch::kCPU, torch::kFloat64) - wanted).abs().max().item<double>() / scale;
}

double allowed_error(double error, double rounding) {
  EXPECT_TRUE(std::isfinite(error)) << "what is compared with is not finite itself";
  return std::isfinite(error) ? std::max(2 * error, rounding) : 0;
}

Poisoned poison(const OracleArgs2d& args, size_t tensor, int64_t entry) {
  const auto with_entry = [&](const OracleArgs2d& source, double value) {
    std::vector<Tensor> tensors = tensors_of(source);
    tensors[tensor] = tensors[tensor].clone();
    tensors[tensor].view(-1)[entry] = value;
    return with_tensors(source, tensors);
  };
  const OracleArgs2d wide = to_dtype(args, torch::kFloat64);
  const OracleResult one = oracle_attention2d(with_entry(wide, 1)), two = oracle_attention2d(with_entry(wide, 2));
  return {with_entry(args, std::nan("")), one.out.ne(two.out), one.lse.ne(two.lse)};
}

Bases random_bases(const CaseShape& shape, torch::ScalarType dtype) {
  const int64_t channels = shape.heads * shape.head_dim;
  Bases bases = {torch::randn({shape.rank, shape.cell, shape.cell, channels}, dtype) / shape.cell, {}};
  for (int64_t level = 1; level < shape.levels(); ++level) {
    bases.merge_basis.push_back(torch::randn({shape.rank, 2, 2, shape.rank, channels}, dtype) / 2);
  }
  return bases;
}

std::vector<Tensor> summarize_tokens(const Tensor& x, const Bases& bases, int64_t cell, int64_t levels) {
  std::vector<Tensor> summaries;
  if (levels == 0) return summaries;
  for (const Tensor& level : summarize2d(x.flatten(3), bases.token_basis, bases.merge_basis, cell)) {
    summaries.push_back(level.unflatten(4, {x.size(3), x.size(4)}));
  }
  return summaries;
}

}  // namespace multipole::test
