#include "backbone/multipole/cuda/attention_pass.h"

#include <ATen/ATen.h>

#include <limits>
#include <vector>

#include "backbone/multipole/cuda/attention_gradients.h"
#include "backbone/multipole/cuda/attention_problem.h"
#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/upward/subcells.h"

namespace multipole::cuda {
namespace {

std::string why_not_supported(const at::Tensor& q, std::initializer_list<at::TensorList> others) {
  if (q.scalar_type() != at::kFloat && q.scalar_type() != at::kHalf && q.scalar_type() != at::kBFloat16) {
    return "only float32, float16 and bfloat16 have kernels";
  }
  if (q.size(-1) % 8 != 0 || q.size(-1) > 128) return "head_dim must be a multiple of 8 up to 128";
  if (q.numel() == 0) return "there are no tokens";
  for (const at::TensorList list : others) {
    if (static_cast<int64_t>(list.size()) > kMaxLevels) return "too many levels";
    for (const at::Tensor& t : list) {
      if (t.scalar_type() != q.scalar_type()) return "q, k, v and their summaries differ in dtype";
    }
  }
  return "";
}

at::Tensor empty_contiguous(const at::Tensor& like) {
  return at::empty(like.sizes(), like.options().memory_format(at::MemoryFormat::Contiguous));
}

// The adjoint of the linear variant's downward pass: what a sub-cell's shared far result gets from its tokens. With
// P = exp(score - lse) of each token, the sums over tokens become one P = exp(score - least lse) for the sub-cell.
void set_levels(AttentionGradients& gradients, const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                const at::Tensor& d_out, const at::Tensor& d_lse) {
  constexpr double kNoToken = 1e30;  // the lse of a sub-cell without tokens: its keys weigh nothing
  const auto to_sites = [](const at::Tensor& t) {
    return t.to(at::kFloat).permute({0, 2, 3, 1}).unsqueeze(3).unsqueeze(5);
  };
  // a query without any key has no weights either
  const at::Tensor finite_lse = lse.masked_fill(lse.eq(-std::numeric_limits<double>::infinity()), kNoToken);
  at::Tensor site_d_out = d_out.to(at::kFloat).unsqueeze(3), site_lse = to_sites(finite_lse);
  at::Tensor site_c = (site_d_out * out.to(at::kFloat).unsqueeze(3)).sum(-1, true);
  if (d_lse.defined()) site_c = site_c - to_sites(d_lse);
  const int64_t side = subcells_per_side(args.k_far[0].size(3));
  const reference::SubcellGrid grid = {args.q.size(1), args.q.size(2), args.cell, side};
  for (size_t l = 0; l < args.k_far.size(); ++l) {
    const reference::SubcellStep step(grid, static_cast<int64_t>(l) + 1, args.q.device());
    const at::Tensor least = step.min(site_lse, kNoToken);
    const at::Tensor weight = (step.expand(least) - site_lse).exp_();
    site_d_out = step.sum(site_d_out * weight);
    site_c = step.sum(site_c * weight);
    site_lse = least;
    gradients.set_level(static_cast<int64_t>(l), reference::subcells_to_cells(site_d_out, side),
                        reference::subcells_to_cells(site_lse, side), reference::subcells_to_cells(site_c, side),
                        args.q.scalar_type());
  }
}

}  // namespace

std::string why_not_supported(const Attention2dArgs& args) {
  std::vector<at::Tensor> keys = {args.k, args.v};
  if (args.k_extra.defined()) keys.insert(keys.end(), {args.k_extra, args.v_extra});
  const std::string reason = why_not_supported(args.q, {keys, args.k_far, args.v_far, args.q_far});
  if (!reason.empty()) return reason;
  if (args.cell > 16) return "cell must be at most 16";
  return "";
}

std::string why_not_supported(const Attention1dArgs& args) {
  const std::string reason = why_not_supported(args.q, {at::TensorList({args.k, args.v}), args.k_far, args.v_far});
  if (!reason.empty()) return reason;
  if (args.group > 4096) return "group must be at most 4096";
  return "";
}

std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args, const KernelRunner& runner) {
  const AttentionProblem problem(args);
  const Problem& p = problem.get();
  const auto float_options = args.q.options().dtype(at::kFloat);
  const at::Tensor out = empty_contiguous(args.q);
  const at::Tensor lse = at::empty({p.batch, p.heads, p.height, p.width}, float_options);
  ForwardOutput output{};
  output.out = view_tokens(out);
  output.lse = lse.data_ptr<float>();
  std::vector<at::Tensor> levels;
  for (int l = 0; p.linear && l < p.num_levels; ++l) {
    const int64_t rows = p.level[l].rows, columns = p.level[l].columns;
    levels.push_back(at::empty({p.batch, p.heads, rows, columns, p.rank(), p.head_dim}, float_options));
    output.level_out[l] = levels.back().data_ptr<float>();
    levels.push_back(at::empty({p.batch, p.heads, rows, columns, p.rank()}, float_options));
    output.level_lse[l] = levels.back().data_ptr<float>();
  }
  runner.forward(args.q.scalar_type(), p, output);
  return {out, lse};
}

std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args, const KernelRunner& runner) {
  const AttentionProblem problem(args);
  const at::Tensor out = empty_contiguous(args.q);
  const at::Tensor lse =
      at::empty({args.q.size(0), args.q.size(2), args.q.size(1)}, args.q.options().dtype(at::kFloat));
  ForwardOutput output{};
  output.out = view_tokens(out);
  output.lse = lse.data_ptr<float>();
  runner.forward(args.q.scalar_type(), problem.get(), output);
  return {out, lse};
}

Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse, const KernelRunner& runner) {
  const AttentionProblem problem(args);
  AttentionGradients gradients(problem.get(), args.q);
  gradients.set_tokens(out, lse, d_out, d_lse);
  if (problem.get().linear) set_levels(gradients, args, out, lse, d_out, d_lse);
  gradients.make_level_keys(args.k_far, runner.queries_of_share());
  gradients.make_extra_keys(runner.queries_of_share());
  gradients.make_token_mass();
  gradients.make_bias_tables(args.near_bias.defined(), !args.far_bias.empty());
  Attention2dGrads grads;
  grads.q = empty_contiguous(args.q);
  grads.k = empty_contiguous(args.k);
  grads.v = empty_contiguous(args.v);
  gradients.data.d_query = view_tokens(grads.q);
  gradients.data.d_key = view_tokens(grads.k);
  gradients.data.d_value = view_tokens(grads.v);
  for (size_t l = 0; l < args.q_far.size(); ++l) {
    grads.q_far.push_back(empty_contiguous(args.q_far[l]));
    gradients.data.d_level_query[l] = view_summaries(grads.q_far[l]);
  }
  runner.backward(args.q.scalar_type(), problem.get(), gradients.data);
  grads.k_far = gradients.level_keys(args.k_far);
  grads.v_far = gradients.level_values(args.v_far);
  if (args.k_extra.defined()) {
    grads.k_extra = gradients.extra_keys(args.k_extra);
    grads.v_extra = gradients.extra_values(args.v_extra);
  }
  if (args.token_mass.defined()) grads.token_mass = gradients.token_mass(args.token_mass);
  grads.far_mass = gradients.level_masses();
  if (args.near_bias.defined()) grads.near_bias = gradients.near_bias(args.near_bias);
  for (size_t l = 0; l < args.far_bias.size(); ++l) {
    grads.far_bias.push_back(gradients.far_bias(static_cast<int64_t>(l), args.far_bias[l]));
  }
  return grads;
}

Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse, const KernelRunner& runner) {
  const AttentionProblem problem(args);
  AttentionGradients gradients(problem.get(), args.q);
  gradients.set_tokens(out, lse, d_out, d_lse);
  gradients.make_level_keys(args.k_far, runner.queries_of_share());
  Attention1dGrads grads;
  grads.q = empty_contiguous(args.q);
  grads.k = empty_contiguous(args.k);
  grads.v = empty_contiguous(args.v);
  gradients.data.d_query = view_tokens(grads.q);
  gradients.data.d_key = view_tokens(grads.k);
  gradients.data.d_value = view_tokens(grads.v);
  runner.backward(args.q.scalar_type(), problem.get(), gradients.data);
  grads.k_far = gradients.level_keys(args.k_far);
  grads.v_far = gradients.level_values(args.v_far);
  return grads;
}

}  // namespace multipole::cuda
