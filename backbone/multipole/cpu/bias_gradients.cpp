#include "backbone/multipole/cpu/bias_gradients.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstddef>

#include "backbone/multipole/cpu/attention2d_tables.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

constexpr int64_t kFarEntries = kFarBiasSide * kFarBiasSide;

}  // namespace

BiasGradients::BiasGradients(const Attention2dParams& params, bool near, bool far, WorkspaceSizes& sizes)
    : params_(params), width_(sizes.width) {
  if (near) {
    near_entries_ = near_bias_side(params.cell) * near_bias_side(params.cell);
    near_table_ = sizes.near_table = 9 * params.cell * params.cell * params.near_table_stride;
  }
  if (far) {
    far_entries_ = params.levels * kFarEntries;
    if (params.linear) group_table_ = sizes.group_table = params.levels * 36 * params.group_table_stride;
    if (!params.linear) far_table_ = sizes.far_table = far_entries_ * width_;
  }
  near_.resize(static_cast<size_t>(params.batch * params.heads * near_entries_));
  far_.resize(static_cast<size_t>(params.batch * params.heads * far_entries_));
}

void BiasGradients::begin_task(const Workspace& w) const {
  std::fill_n(w.d_near_table, near_table_, 0.0f);
  std::fill_n(w.d_group_table, group_table_, 0.0f);
  std::fill_n(w.d_far_table, far_table_, 0.0f);
}

void BiasGradients::end_task(const Attention2dTask& task, const Workspace& w) {
  const int64_t index = task.b * params_.heads + task.h;
  if (near_table_ > 0) fold_near_table(w.d_near_table, params_.cell, width_, near_.data() + index * near_entries_);
  float* far = far_.data() + index * far_entries_;
  for (int64_t l = 0; group_table_ > 0 && l < params_.levels; ++l) {
    fold_group_table(w.d_group_table + l * 36 * params_.group_table_stride, params_.rank, width_,
                     far + l * kFarEntries);
  }
  for (int64_t i = 0; i < far_table_; ++i) far[i / width_] += w.d_far_table[i];
}

at::Tensor BiasGradients::near(const at::Tensor& like) const {
  const int64_t side = near_bias_side(params_.cell);
  return sum(near_, near_entries_, 0, {params_.heads, side, side}).to(like.scalar_type());
}

at::Tensor BiasGradients::far(int64_t level, const at::Tensor& like) const {
  return sum(far_, far_entries_, level * kFarEntries, {params_.heads, kFarBiasSide, kFarBiasSide})
      .to(like.scalar_type());
}

at::Tensor BiasGradients::sum(const std::vector<float>& parts, int64_t stride, int64_t first,
                              at::IntArrayRef shape) const {
  const at::Tensor out = at::zeros(shape, at::kFloat);
  const int64_t count = shape[1] * shape[2];
  for (int64_t index = 0; index < params_.batch * params_.heads; ++index) {
    float* to = out.data_ptr<float>() + (index % params_.heads) * count;
    const float* from = parts.data() + index * stride + first;
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
  }
  return out;
}

}  // namespace multipole::cpu
