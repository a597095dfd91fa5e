#include "backbone/attention/summary_basis.h"

#include <c10/util/Exception.h>

#include <optional>

#include "backbone/multipole/basis.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

torch::TensorOptions parameter_options() { return torch::TensorOptions(torch::get_default_dtype()); }

std::optional<torch::Tensor> given(const torch::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

double cells_of(int64_t level, int64_t height, int64_t width, int64_t cell) {
  return static_cast<double>(level_cells(level, height, cell) * level_cells(level, width, cell));
}

class HierarchicalBasis : public SummaryBasis {
 public:
  HierarchicalBasis(const SummaryShape& shape, torch::nn::Module& owner) : shape_(shape) {
    if (shape.levels == 0) return;
    auto basis = averaging_basis2d(shape.cell, shape.rank, shape.levels, shape.channels, parameter_options());
    token_basis_ = owner.register_parameter("token_basis", basis.token_basis);
    for (size_t i = 0; i < basis.merge_basis.size(); ++i) {
      merge_basis_.push_back(owner.register_parameter("merge_basis_" + std::to_string(i + 1), basis.merge_basis[i]));
    }
  }

  static double count_parameters(const SummaryShape& shape) {
    if (shape.levels == 0) return 0;
    const auto rank = static_cast<double>(shape.rank), merges = static_cast<double>(shape.levels - 1);
    const auto cell_tokens = static_cast<double>(shape.cell * shape.cell);
    return rank * (cell_tokens + merges * 4 * rank) * static_cast<double>(shape.channels);
  }

  std::vector<torch::Tensor> summarize(const torch::Tensor& x, const torch::Tensor& token_mass,
                                       int64_t levels) const override {
    const Basis2d basis = basis_for(levels, x.options());
    return summarize2d(x, basis.token_basis, basis.merge_basis, shape_.cell, given(token_mass));
  }

  AttentionCost cost(int64_t height, int64_t width, int64_t levels) const override {
    AttentionCost cost;
    const auto rank = static_cast<double>(shape_.rank);
    double below = static_cast<double>(height * width), share = static_cast<double>(shape_.cell * shape_.cell);
    for (int64_t level = 1; level <= levels; ++level) {
      const double summaries = rank * cells_of(level, height, width, shape_.cell);
      cost += depthwise_cost(below, summaries, share, static_cast<double>(shape_.channels));
      below = summaries;
      share = 4 * rank;  // the next level merges the summaries of 2 x 2 cells
    }
    return cost;
  }

 private:
  Basis2d basis_for(int64_t levels, const torch::TensorOptions& options) const {
    Basis2d basis{token_basis_, merge_basis_};
    const auto needed = static_cast<size_t>(levels - 1);
    if (!token_basis_.defined() || merge_basis_.size() < needed) {
      const auto means = averaging_basis2d(shape_.cell, shape_.rank, levels, shape_.channels, options);
      if (!token_basis_.defined()) basis.token_basis = means.token_basis;
      while (basis.merge_basis.size() < needed)
        basis.merge_basis.push_back(further_merge(means, basis.merge_basis.size()));
    }
    basis.merge_basis.resize(needed);
    return basis;
  }

  // What the last level with weights has learned, on top of this level's means: they differ where the sub-cells of a
  // cell differ in size.
  torch::Tensor further_merge(const Basis2d& means, size_t index) const {
    if (merge_basis_.empty()) return means.merge_basis[index];
    const bool same_means = shape_.cell % subcells_per_side(shape_.rank) == 0;
    if (same_means) return merge_basis_.back();
    return merge_basis_.back() + (means.merge_basis[index] - means.merge_basis[merge_basis_.size() - 1]);
  }

  SummaryShape shape_;
  torch::Tensor token_basis_;               // (rank, cell, cell, channels); undefined where there are no levels
  std::vector<torch::Tensor> merge_basis_;  // levels - 1 times (rank, 2, 2, rank, channels)
};

class DirectBasis : public SummaryBasis {
 public:
  DirectBasis(const SummaryShape& shape, torch::nn::Module& owner) : shape_(shape) {
    for (int64_t level = 1; level <= shape.levels; ++level) {
      basis_.push_back(owner.register_parameter("basis_" + std::to_string(level), means(level, parameter_options())));
    }
  }

  static double count_parameters(const SummaryShape& shape) {
    double parameters = 0;
    for (int64_t level = 1; level <= shape.levels; ++level) {
      const auto side = static_cast<double>(level_side(level, shape.cell));
      parameters += static_cast<double>(shape.rank) * side * side * static_cast<double>(shape.channels);
    }
    return parameters;
  }

  std::vector<torch::Tensor> summarize(const torch::Tensor& x, const torch::Tensor& token_mass,
                                       int64_t levels) const override {
    std::vector<torch::Tensor> summaries;
    for (int64_t level = 1; level <= levels; ++level) {
      const auto own = static_cast<size_t>(level - 1);
      const auto basis = own < basis_.size() ? basis_[own] : means(level, x.options());
      // a level-l cell is a finest cell of a grid that is cut into larger ones
      summaries.push_back(summarize2d(x, basis, {}, level_side(level, shape_.cell), given(token_mass))[0]);
    }
    return summaries;
  }

  AttentionCost cost(int64_t height, int64_t width, int64_t levels) const override {
    AttentionCost cost;
    for (int64_t level = 1; level <= levels; ++level) {
      const auto side = static_cast<double>(level_side(level, shape_.cell));
      const double summaries = static_cast<double>(shape_.rank) * cells_of(level, height, width, shape_.cell);
      cost += depthwise_cost(static_cast<double>(height * width), summaries, side * side,
                             static_cast<double>(shape_.channels));
    }
    return cost;
  }

 private:
  torch::Tensor means(int64_t level, const torch::TensorOptions& options) const {
    return averaging_basis2d(level_side(level, shape_.cell), shape_.rank, 1, shape_.channels, options).token_basis;
  }

  SummaryShape shape_;
  std::vector<torch::Tensor> basis_;  // levels times (rank, side, side, channels)
};

template <class Basis>
std::unique_ptr<SummaryBasis> make(const SummaryShape& shape, torch::nn::Module& owner) {
  return std::make_unique<Basis>(shape, owner);
}

struct NamedBasis {
  const char* name;
  std::unique_ptr<SummaryBasis> (*make)(const SummaryShape&, torch::nn::Module&);
  double (*count_parameters)(const SummaryShape&);
};

constexpr NamedBasis kBases[] = {
    {"hierarchical", make<HierarchicalBasis>, HierarchicalBasis::count_parameters},
    {"direct", make<DirectBasis>, DirectBasis::count_parameters},
};

const NamedBasis& find_basis(const std::string& name) {
  for (const NamedBasis& basis : kBases) {
    if (name == basis.name) return basis;
  }
  TORCH_CHECK(false, "no summary basis is called '", name, "'");
}

}  // namespace

std::unique_ptr<SummaryBasis> make_summary_basis(const std::string& name, const SummaryShape& shape,
                                                 torch::nn::Module& owner) {
  return find_basis(name).make(shape, owner);
}

double count_summary_parameters(const std::string& name, const SummaryShape& shape) {
  return find_basis(name).count_parameters(shape);
}

std::vector<std::string> summary_basis_names() {
  std::vector<std::string> names;
  for (const NamedBasis& basis : kBases) names.emplace_back(basis.name);
  return names;
}

}  // namespace multipole
