#include "backbone/multipole/cuda/attention_pass.h"

#include <ATen/ATen.h>

#include <vector>

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

// What a backward pass keeps alive while the kernels run.
class Gradients {
 public:
  Gradients(const Problem& p, const at::Tensor& like) : p_(p), float_(like.options().dtype(at::kFloat)) {}

  // lse and d_lse: (B, heads, tokens...) natural; out and d_out: (B, tokens..., heads, head_dim).
  void set_tokens(const at::Tensor& out, const at::Tensor& lse, const at::Tensor& d_out, const at::Tensor& d_lse) {
    c_ = (d_out.to(at::kFloat) * out.to(at::kFloat)).sum(-1).movedim(-1, 1).contiguous();
    if (d_lse.defined()) c_ = c_ - d_lse.to(at::kFloat);
    data.token = upstream(d_out.to(out.scalar_type()), lse, c_, false);
  }

  // The same for the query summaries of a level: (B, rows, columns, p, heads, head_dim or 1).
  void set_level(int64_t l, const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c, at::ScalarType type) {
    const auto by_head = [](const at::Tensor& t) { return t.squeeze(-1).permute({0, 4, 1, 2, 3}); };
    data.level[l] = upstream(d_out.to(type), by_head(lse), by_head(c), true);
  }

  // Gradients of far keys and values are summed over shares of their queries first.
  void make_level_keys(const std::vector<at::Tensor>& k_far, int64_t queries_of_share) {
    for (size_t l = 0; l < k_far.size(); ++l) {
      const int64_t cells = 36 * (p_.linear ? p_.rank() : int64_t{p_.cell_height} * p_.cell_width << (2 * l));
      const int64_t queries = smaller(cells, p_.linear ? cells : int64_t{p_.height} * p_.width);
      data.shares[l] = static_cast<int>(ceil_div(queries, queries_of_share));
      const std::vector<int64_t> sizes = {data.shares[l],      p_.batch,  p_.heads,   p_.level[l].rows,
                                          p_.level[l].columns, p_.rank(), p_.head_dim};
      level_keys_.push_back(at::empty(sizes, float_));
      level_values_.push_back(at::empty(sizes, float_));
      data.d_level_key[l] = level_keys_[l].data_ptr<float>();
      data.d_level_value[l] = level_values_[l].data_ptr<float>();
    }
  }

  // (shares, B, heads, rows, columns, p, d) -> as `like`, which has one row of cells less where it is a sequence's.
  std::vector<at::Tensor> level_keys(const std::vector<at::Tensor>& like) const { return fold(level_keys_, like); }
  std::vector<at::Tensor> level_values(const std::vector<at::Tensor>& like) const { return fold(level_values_, like); }

  void make_bias_tables(bool near, bool far) {
    data.bias.near = near;
    data.bias.far = far;
    if (!near && !far) return;
    tables_ = at::zeros({p_.heads, kMaxBiasChunks, bias_entries(p_)}, float_);
    data.bias.tables = tables_.data_ptr<float>();
  }
  at::Tensor near_bias(const at::Tensor& like) const {
    return tables_.narrow(2, 0, p_.near_table.size()).sum(1).reshape(like.sizes()).to(like.scalar_type());
  }
  at::Tensor far_bias(int64_t l, const at::Tensor& like) const {
    const int64_t first = p_.near_table.size() + l * kFarEntries;
    return tables_.narrow(2, first, kFarEntries).sum(1).reshape(like.sizes()).to(like.scalar_type());
  }

  BackwardData data{};

 private:
  Upstream upstream(const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c, bool summaries) {
    kept_.push_back(with_aligned_rows(d_out));
    const RowsView view = summaries ? view_summaries(kept_.back()) : view_tokens(kept_.back());
    kept_.push_back(lse.to(at::kFloat).mul(kLog2E).contiguous());
    const float* scores = kept_.back().const_data_ptr<float>();
    kept_.push_back(c.to(at::kFloat).contiguous());
    return {view, scores, kept_.back().const_data_ptr<float>()};
  }

  static std::vector<at::Tensor> fold(const std::vector<at::Tensor>& shares, const std::vector<at::Tensor>& like) {
    std::vector<at::Tensor> out;
    for (size_t l = 0; l < shares.size(); ++l) {
      out.push_back(shares[l].sum(0).permute({0, 2, 3, 4, 1, 5}).reshape(like[l].sizes()).to(like[l].scalar_type()));
    }
    return out;
  }

  const Problem& p_;
  at::TensorOptions float_;
  at::Tensor c_, tables_;
  std::vector<at::Tensor> level_keys_, level_values_, kept_;
};

at::Tensor empty_contiguous(const at::Tensor& like) {
  return at::empty(like.sizes(), like.options().memory_format(at::MemoryFormat::Contiguous));
}

// The adjoint of the linear variant's downward pass: what a sub-cell's shared far result gets from its tokens. With
// P = exp(score - lse) of each token, the sums over tokens become one P = exp(score - least lse) for the sub-cell.
void set_levels(Gradients& gradients, const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                const at::Tensor& d_out, const at::Tensor& d_lse) {
  constexpr double kNoToken = 1e30;  // the lse of a sub-cell without tokens: its keys weigh nothing
  const auto to_sites = [](const at::Tensor& t) {
    return t.to(at::kFloat).permute({0, 2, 3, 1}).unsqueeze(3).unsqueeze(5);
  };
  at::Tensor site_d_out = d_out.to(at::kFloat).unsqueeze(3), site_lse = to_sites(lse);
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
  const std::string reason =
      why_not_supported(args.q, {at::TensorList({args.k, args.v}), args.k_far, args.v_far, args.q_far});
  if (!reason.empty()) return reason;
  if (args.cell > 16) return "cell must be at most 16";
  if (args.k_extra.defined() || args.token_mass.defined() || !args.far_mass.empty()) {
    return "extra keys and masses have no CUDA kernels";
  }
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
  Gradients gradients(problem.get(), args.q);
  gradients.set_tokens(out, lse, d_out, d_lse);
  if (problem.get().linear) set_levels(gradients, args, out, lse, d_out, d_lse);
  gradients.make_level_keys(args.k_far, runner.queries_of_share());
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
  if (args.near_bias.defined()) grads.near_bias = gradients.near_bias(args.near_bias);
  for (size_t l = 0; l < args.far_bias.size(); ++l) {
    grads.far_bias.push_back(gradients.far_bias(static_cast<int64_t>(l), args.far_bias[l]));
  }
  return grads;
}

Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse, const KernelRunner& runner) {
  const AttentionProblem problem(args);
  Gradients gradients(problem.get(), args.q);
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
