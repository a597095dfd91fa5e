#include "backbone/multipole/op/check.h"

#include <ATen/ATen.h>

#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

std::string text(int64_t value) { return std::to_string(value); }

at::Tensor or_undefined(const std::optional<at::Tensor>& tensor) { return tensor.value_or(at::Tensor()); }

ArgumentChecker mass_checker(const ArgumentChecker& check, const char* name, const at::Tensor& first) {
  return check.with_dtype(mass_dtype(first.scalar_type()),
                          std::string("that of masses where ") + name + " is " + c10::toString(first.scalar_type()));
}

}  // namespace

void check_token_mass(const ArgumentChecker& check, const char* name, const at::Tensor& first, const at::Tensor& mass,
                      std::vector<int64_t> sizes) {
  const bool by_head = mass.dim() == 4;
  if (!by_head) sizes.pop_back();
  mass_checker(check, name, first)
      .shape("token_mass", mass, sizes, by_head ? "(B, H, W, heads)" : "(B, H, W) or (B, H, W, heads)");
}

Attention2dArgs check_attention2d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                  at::TensorList v_far, int64_t cell, std::optional<at::TensorList> q_far,
                                  const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                                  std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                                  const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                                  std::optional<at::TensorList> far_mass) {
  const ArgumentChecker check("attention2d", "q", q);
  check.shape("q", q, {-1, -1, -1, -1, -1}, "(B, H, W, heads, head_dim)");
  const std::vector<int64_t> sizes = concrete_sizes(q);
  const int64_t batch = sizes[0], height = sizes[1], width = sizes[2], heads = sizes[3], head_dim = sizes[4];
  check.shape("k", k, sizes, "(B, H, W, heads, head_dim)");
  check.shape("v", v, sizes, "(B, H, W, heads, head_dim)");
  check.range("cell", cell, 1, kMaxCell);

  const int64_t grid_levels = num_far_levels_2d(height, width, cell), levels = static_cast<int64_t>(k_far.size());
  check.require(levels <= grid_levels, "k_far must have at most " + text(grid_levels) +
                                           " tensors, the far levels of a " + text(height) + " x " + text(width) +
                                           " grid with cell " + text(cell) + ", got " + text(levels));
  const std::string why = "as k_far has";
  check.length("v_far", v_far, levels, why);
  if (q_far.has_value()) check.length("q_far", *q_far, levels, why);
  if (far_bias.has_value()) check.length("far_bias", *far_bias, levels, why);
  for (int64_t i = 0; i < levels; ++i) {
    const std::string dims = "(B, Hl, Wl, rank, heads, head_dim)";
    // the first level sets the rank of all
    const int64_t rank = i == 0 ? -1 : concrete_sizes(k_far[0])[3];
    const std::vector<int64_t> expected = {
        batch, level_cells(i + 1, height, cell), level_cells(i + 1, width, cell), rank, heads, head_dim};
    check.shape(element_name("k_far", i), k_far[i], expected, dims);
    check.rank(element_name("k_far", i), concrete_sizes(k_far[i])[3], cell);
    check.shape(element_name("v_far", i), v_far[i], concrete_sizes(k_far[i]), dims);
    if (q_far.has_value()) check.shape(element_name("q_far", i), (*q_far)[i], concrete_sizes(k_far[i]), dims);
    if (far_bias.has_value()) {
      check.shape(element_name("far_bias", i), (*far_bias)[i], {heads, kFarBiasSide, kFarBiasSide}, "(heads, 7, 7)");
    }
  }
  const bool has_near_bias = near_bias.has_value() && near_bias->defined();
  if (has_near_bias) {
    const int64_t side = near_bias_side(cell);
    check.shape("near_bias", *near_bias, {heads, side, side}, "(heads, 4 cell - 1, 4 cell - 1)");
  }
  const at::Tensor extra_keys = or_undefined(k_extra), extra_values = or_undefined(v_extra);
  check.require(extra_keys.defined() == extra_values.defined(), "k_extra and v_extra must be given together");
  if (extra_keys.defined()) {
    check.shape("k_extra", extra_keys, {batch, -1, heads, head_dim}, "(B, E, heads, head_dim)");
    check.shape("v_extra", extra_values, concrete_sizes(extra_keys), "(B, E, heads, head_dim)");
  }
  const ArgumentChecker check_mass = mass_checker(check, "q", q);
  const at::Tensor mass = or_undefined(token_mass);
  if (mass.defined()) check_token_mass(check, "q", q, mass, {batch, height, width, heads});
  if (far_mass.has_value()) check.length("far_mass", *far_mass, levels, why);
  for (int64_t i = 0; far_mass.has_value() && i < levels; ++i) {
    std::vector<int64_t> expected = concrete_sizes(k_far[i]);
    expected.pop_back();
    check_mass.shape(element_name("far_mass", i), (*far_mass)[i], expected, "(B, Hl, Wl, rank, heads)");
  }
  return {with_contiguous_last_dim(q),
          with_contiguous_last_dim(k),
          with_contiguous_last_dim(v),
          with_contiguous_last_dim(k_far),
          with_contiguous_last_dim(v_far),
          q_far.has_value() ? with_contiguous_last_dim(*q_far) : std::vector<at::Tensor>(),
          has_near_bias ? *near_bias : at::Tensor(),
          far_bias.has_value() ? far_bias->vec() : std::vector<at::Tensor>(),
          cell,
          check.scale(scale, head_dim),
          extra_keys.defined() ? with_contiguous_last_dim(extra_keys) : extra_keys,
          extra_values.defined() ? with_contiguous_last_dim(extra_values) : extra_values,
          mass,
          far_mass.has_value() ? far_mass->vec() : std::vector<at::Tensor>()};
}

Summarize2dArgs check_summarize2d(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                  int64_t cell, const std::optional<at::Tensor>& token_mass) {
  const ArgumentChecker check("summarize2d", "x", x);
  check.shape("x", x, {-1, -1, -1, -1}, "(B, H, W, C)");
  check.range("cell", cell, 1, kMaxCell);
  const int64_t channels = concrete_sizes(x)[3];
  check.shape("token_basis", token_basis, {-1, cell, cell, channels}, "(rank, cell, cell, C)");
  const int64_t rank = concrete_sizes(token_basis)[0];
  check.rank("token_basis", rank, cell);
  for (size_t i = 0; i < merge_basis.size(); ++i) {
    check.shape(element_name("merge_basis", static_cast<int64_t>(i)), merge_basis[i], {rank, 2, 2, rank, channels},
                "(rank, 2, 2, rank, C)");
  }
  check.require(merge_basis.size() <= kMaxLevels, "merge_basis must have at most " + text(kMaxLevels) +
                                                      " tensors, got " + std::to_string(merge_basis.size()));
  const at::Tensor mass = or_undefined(token_mass);
  if (mass.defined()) {
    const std::vector<int64_t> sizes = concrete_sizes(x);
    check_token_mass(check, "x", x, mass, {sizes[0], sizes[1], sizes[2], -1});
    if (mass.dim() == 4) {
      const int64_t heads = concrete_sizes(mass)[3];
      check.require(channels % heads == 0, "token_mass must have a number of heads that divides the " + text(channels) +
                                               " channels of x, got " + text(heads));
    }
  }
  return {x, token_basis, merge_basis.vec(), cell, mass};
}

Attention1dArgs check_attention1d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                  at::TensorList v_far, int64_t group, bool causal, std::optional<double> scale) {
  const ArgumentChecker check("attention1d", "q", q);
  check.shape("q", q, {-1, -1, -1, -1}, "(B, n, heads, head_dim)");
  const std::vector<int64_t> sizes = concrete_sizes(q);
  const int64_t batch = sizes[0], tokens = sizes[1], heads = sizes[2], head_dim = sizes[3];
  check.shape("k", k, sizes, "(B, n, heads, head_dim)");
  check.shape("v", v, sizes, "(B, n, heads, head_dim)");
  check.range("group", group, 1, kMaxCell);

  const int64_t levels = num_far_levels(ceil_div(tokens, group));
  check.require(levels == 0 || tokens == group << (levels + 1),
                "q must have n = group * 2^(L+1) tokens, or at most 2 * group, got n = " + text(tokens) +
                    " with group " + text(group));
  const std::string why = "the far levels of " + text(tokens) + " tokens with group " + text(group);
  check.length("k_far", k_far, levels, why);
  check.length("v_far", v_far, levels, why);
  for (int64_t i = 0; i < levels; ++i) {
    const std::string dims = "(B, groups, rank, heads, head_dim)";
    check.shape(element_name("k_far", i), k_far[i], {batch, level_cells(i + 1, tokens, group), -1, heads, head_dim},
                dims);
    check.shape(element_name("v_far", i), v_far[i], concrete_sizes(k_far[i]), dims);
  }
  return {with_contiguous_last_dim(q),
          with_contiguous_last_dim(k),
          with_contiguous_last_dim(v),
          with_contiguous_last_dim(k_far),
          with_contiguous_last_dim(v_far),
          group,
          causal,
          check.scale(scale, head_dim)};
}

Summarize1dArgs check_summarize1d(const at::Tensor& x, at::TensorList basis, int64_t group) {
  const ArgumentChecker check("summarize1d", "x", x);
  check.shape("x", x, {-1, -1, -1}, "(B, n, C)");
  check.range("group", group, 1, kMaxCell);
  const std::vector<int64_t> sizes = concrete_sizes(x);
  const int64_t levels = static_cast<int64_t>(basis.size());
  check.require(levels >= 1 && levels <= kMaxLevels,
                "basis must have between 1 and " + text(kMaxLevels) + " tensors, got " + text(levels));
  for (int64_t i = 0; i < levels; ++i) {
    check.shape(element_name("basis", i), basis[i], {-1, level_side(i + 1, group), sizes[2]},
                "(rank, group * 2^(l-1), C)");
  }
  check.require(sizes[1] % level_side(levels, group) == 0,
                "x must have a number of tokens divisible by group * 2^(L-1) = " + text(level_side(levels, group)) +
                    ", got " + text(sizes[1]));
  return {x, basis.vec(), group};
}

}  // namespace multipole
