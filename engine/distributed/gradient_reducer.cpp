#include "engine/distributed/gradient_reducer.h"

#include <algorithm>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <utility>

#include "engine/distributed/process_group_native.h"
#include "engine/runtime/training_error.h"

namespace multipole {
namespace {

// c10d's own sizes: a small first bucket starts the sending early.
constexpr size_t kFirstBucketBytes = size_t{1} << 20;
constexpr size_t kBucketBytes = size_t{25} << 20;

std::unique_ptr<c10d::Reducer> make_reducer(const std::vector<torch::Tensor>& parameters, const ProcessGroup& group) {
  const std::vector<bool> sparse(parameters.size(), false);
  auto buckets =
      std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, {kFirstBucketBytes, kBucketBytes}, sparse));
  // the backward pass reaches the last parameters first
  std::reverse(buckets.begin(), buckets.end());
  return std::make_unique<c10d::Reducer>(parameters, std::move(buckets), group.native()->group, sparse, kBucketBytes,
                                         /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/false,
                                         std::unordered_map<size_t, std::string>(), kFirstBucketBytes,
                                         /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
                                         std::vector<int64_t>());
}

}  // namespace

struct GradientReducer::Native {
  std::unique_ptr<c10d::Reducer> reducer;
};

GradientReducer::GradientReducer(std::vector<torch::Tensor> parameters, std::shared_ptr<const ProcessGroup> group)
    : parameters_(std::move(parameters)), group_(std::move(group)) {}

GradientReducer::~GradientReducer() = default;

void GradientReducer::backward(const torch::Tensor& loss, bool last) {
  if (group_->size() == 1 || !last) {
    if (loss.defined()) loss.backward();
  } else if (native_) {
    reduce_overlapped(loss);
  } else {
    reduce_afterwards(loss);
  }
}

// loss.backward(); whether a parameter got its gradient in more than one portion.
bool GradientReducer::backward_in_portions(const torch::Tensor& loss) {
  const auto portions = std::make_shared<std::vector<int>>(parameters_.size());
  std::vector<unsigned> hooks;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    hooks.push_back(parameters_[i].register_hook([portions, i](const torch::Tensor&) { ++portions->at(i); }));
  }
  if (loss.defined()) loss.backward();
  for (size_t i = 0; i < parameters_.size(); ++i) parameters_[i].remove_hook(hooks[i]);
  return std::any_of(portions->begin(), portions->end(), [](int count) { return count > 1; });
}

void GradientReducer::reduce_afterwards(const torch::Tensor& loss) {
  const bool in_portions = backward_in_portions(loss);
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(parameters_.size());
  torch::Tensor users = torch::zeros({count}, torch::kInt64);  // processes in which each has a gradient
  for (int64_t i = 0; i < count; ++i) users[i] = parameters_[static_cast<size_t>(i)].grad().defined() ? 1 : 0;
  group_->sum(users);

  used_.clear();
  std::vector<torch::Tensor> used;
  for (int64_t i = 0; i < count; ++i) {
    torch::Tensor& parameter = parameters_[static_cast<size_t>(i)];
    used_.push_back(users[i].item<int64_t>() > 0);
    if (!used_.back()) continue;
    used.push_back(parameter);
    if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
    torch::Tensor sum = parameter.grad().contiguous();
    group_->sum(sum);
    parameter.mutable_grad().copy_(sum / group_->size());
  }
  // a part that is computed twice and again in the backward pass gives portions, which c10d's reducer does not take
  const bool overlaps = group_->sum(in_portions ? 1.0 : 0.0) == 0;
  if (overlaps && !used.empty()) native_ = std::make_unique<Native>(Native{make_reducer(used, *group_)});
}

void GradientReducer::reduce_overlapped(const torch::Tensor& loss) {
  const torch::Tensor own = loss.defined() ? loss : loss_without_samples();
  translating_failures([&] {
    // once, after the first pass: buckets in the order in which gradients came
    native_->reducer->rebuild_buckets();
    native_->reducer->prepare_for_backward({own});
    own.backward();
  });
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].grad().defined() == used_[i]) continue;
    throw TrainingError(
        "other parameters get gradients than in the first step, which training in several processes cannot follow; "
        "train on pictures of one size, or in one process");
  }
}

torch::Tensor GradientReducer::loss_without_samples() const {
  torch::Tensor zero = torch::zeros({}, parameters_.front().options().requires_grad(false));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (used_[i]) zero = zero + 0 * parameters_[i].sum();
  }
  return zero;
}

}  // namespace multipole
