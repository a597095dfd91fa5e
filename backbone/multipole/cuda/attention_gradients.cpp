#include "backbone/multipole/cuda/attention_gradients.h"

#include <ATen/ATen.h>

#include "backbone/multipole/cuda/attention_problem.h"

namespace multipole::cuda {
namespace {

// (shares, B, heads, rows, columns, p, d) -> as `like`
std::vector<at::Tensor> fold(const std::vector<at::Tensor>& shares, const std::vector<at::Tensor>& like) {
  std::vector<at::Tensor> out;
  for (size_t l = 0; l < shares.size(); ++l) {
    out.push_back(shares[l].sum(0).permute({0, 2, 3, 4, 1, 5}).reshape(like[l].sizes()).to(like[l].scalar_type()));
  }
  return out;
}

// (shares, B, heads, E, d) -> as `like`
at::Tensor fold_extra(const at::Tensor& shares, const at::Tensor& like) {
  return shares.sum(0).transpose(1, 2).to(like.scalar_type()).contiguous();
}

}  // namespace

AttentionGradients::AttentionGradients(const Problem& p, const at::Tensor& like)
    : p_(p), float_(like.options().dtype(at::kFloat)) {}

void AttentionGradients::set_tokens(const at::Tensor& out, const at::Tensor& lse, const at::Tensor& d_out,
                                    const at::Tensor& d_lse) {
  c_ = (d_out.to(at::kFloat) * out.to(at::kFloat)).sum(-1).movedim(-1, 1).contiguous();
  if (d_lse.defined()) c_ = c_ - d_lse.to(at::kFloat);
  data.token = upstream(d_out.to(out.scalar_type()), lse, c_, false);
}

void AttentionGradients::set_level(int64_t l, const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c,
                                   at::ScalarType type) {
  const auto by_head = [](const at::Tensor& t) { return t.squeeze(-1).permute({0, 4, 1, 2, 3}); };
  data.level[l] = upstream(d_out.to(type), by_head(lse), by_head(c), true);
}

void AttentionGradients::make_level_keys(const std::vector<at::Tensor>& k_far, int64_t queries_of_share) {
  for (size_t l = 0; l < k_far.size(); ++l) {
    const int64_t cells = 36 * (p_.linear ? p_.rank() : int64_t{p_.cell_height} * p_.cell_width << (2 * l));
    const int64_t queries = smaller(cells, p_.linear ? cells : int64_t{p_.height} * p_.width);
    data.shares[l] = static_cast<int>(ceil_div(queries, queries_of_share));
    const std::vector<int64_t> masses = {data.shares[l],     p_.batch,           p_.heads,
                                         p_.level[l].rows, p_.level[l].columns, p_.rank()};
    std::vector<int64_t> sizes = masses;
    sizes.push_back(p_.head_dim);
    level_keys_.push_back(at::empty(sizes, float_));
    level_values_.push_back(at::empty(sizes, float_));
    data.d_level_key[l] = level_keys_[l].data_ptr<float>();
    data.d_level_value[l] = level_values_[l].data_ptr<float>();
    if (p_.level[l].mass == nullptr) continue;
    level_masses_.push_back(at::empty(masses, float_));
    data.d_level_mass[l] = level_masses_[l].data_ptr<float>();
  }
}

std::vector<at::Tensor> AttentionGradients::level_keys(const std::vector<at::Tensor>& like) const {
  return fold(level_keys_, like);
}
std::vector<at::Tensor> AttentionGradients::level_values(const std::vector<at::Tensor>& like) const {
  return fold(level_values_, like);
}

std::vector<at::Tensor> AttentionGradients::level_masses() const {
  std::vector<at::Tensor> out;
  for (const at::Tensor& shares : level_masses_) out.push_back(shares.sum(0).movedim(1, -1).contiguous());
  return out;
}

void AttentionGradients::make_extra_keys(int64_t queries_of_share) {
  if (p_.num_extra == 0) return;
  data.extra_shares = static_cast<int>(ceil_div(int64_t{p_.height} * p_.width, queries_of_share));
  const std::vector<int64_t> sizes = {data.extra_shares, p_.batch, p_.heads, p_.num_extra, p_.head_dim};
  extra_keys_ = at::empty(sizes, float_);
  extra_values_ = at::empty(sizes, float_);
  data.d_extra_key = extra_keys_.data_ptr<float>();
  data.d_extra_value = extra_values_.data_ptr<float>();
}

at::Tensor AttentionGradients::extra_keys(const at::Tensor& like) const { return fold_extra(extra_keys_, like); }
at::Tensor AttentionGradients::extra_values(const at::Tensor& like) const { return fold_extra(extra_values_, like); }

void AttentionGradients::make_token_mass() {
  if (p_.token_mass == nullptr) return;
  token_mass_ = at::empty({p_.batch, p_.heads, p_.height, p_.width}, float_);
  data.d_token_mass = token_mass_.data_ptr<float>();
}

at::Tensor AttentionGradients::token_mass(const at::Tensor& mass) const {
  // the kernels give the gradient of the logarithm
  return (token_mass_.movedim(1, -1) / mass).masked_fill_(mass.le(0), 0);
}

void AttentionGradients::make_bias_tables(bool near, bool far) {
  data.bias.near = near;
  data.bias.far = far;
  if (!near && !far) return;
  tables_ = at::zeros({p_.heads, kMaxBiasChunks, bias_entries(p_)}, float_);
  data.bias.tables = tables_.data_ptr<float>();
}

at::Tensor AttentionGradients::near_bias(const at::Tensor& like) const {
  return tables_.narrow(2, 0, p_.near_table.size()).sum(1).reshape(like.sizes()).to(like.scalar_type());
}

at::Tensor AttentionGradients::far_bias(int64_t l, const at::Tensor& like) const {
  const int64_t first = p_.near_table.size() + l * kFarEntries;
  return tables_.narrow(2, first, kFarEntries).sum(1).reshape(like.sizes()).to(like.scalar_type());
}

Upstream AttentionGradients::upstream(const at::Tensor& d_out, const at::Tensor& lse, const at::Tensor& c,
                                      bool summaries) {
  kept_.push_back(with_aligned_rows(d_out));
  const RowsView view = summaries ? view_summaries(kept_.back()) : view_tokens(kept_.back());
  kept_.push_back(lse.to(at::kFloat).mul(kLog2E).contiguous());
  const float* scores = kept_.back().const_data_ptr<float>();
  kept_.push_back(c.to(at::kFloat).contiguous());
  return {view, scores, kept_.back().const_data_ptr<float>()};
}

}  // namespace multipole::cuda
