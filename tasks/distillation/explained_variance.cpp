#include "tasks/distillation/explained_variance.h"

#include <cmath>
#include <limits>

namespace multipole {
namespace {

constexpr double kEpsilon = 1e-4;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

torch::Tensor unexplained(const torch::Tensor& error, const torch::Tensor& variance) {
  return (error / (variance + kEpsilon * variance.mean() + std::numeric_limits<float>::min())).mean();
}

}  // namespace

torch::Tensor unexplained_variance(const torch::Tensor& student, const torch::Tensor& taught) {
  const auto target = taught.to(torch::kFloat);
  const auto error = (student.to(torch::kFloat) - target).square().mean(0);
  return unexplained(error, (target - target.mean(0)).square().mean(0));
}

FeatureAgreement::FeatureAgreement(int64_t dims)
    : error_(torch::zeros({dims}, torch::kDouble)), sum_(error_.clone()), square_(error_.clone()) {}

void FeatureAgreement::update(const torch::Tensor& student, const torch::Tensor& taught) {
  const auto own = student.to(torch::kCPU, torch::kDouble), target = taught.to(torch::kCPU, torch::kDouble);
  error_ = error_ + (own - target).square().sum(0);
  sum_ = sum_ + target.sum(0);
  square_ = square_ + target.square().sum(0);
  const auto lengths = own.norm(2, 1) * target.norm(2, 1);
  cosine_sum_ += ((own * target).sum(1) / lengths.clamp_min(1e-300)).sum().item<double>();
  samples_ += own.size(0);
}

void FeatureAgreement::sum_over(const ProcessGroup& group) {
  if (group.size() == 1) return;
  group.sum(error_);
  group.sum(sum_);
  group.sum(square_);
  cosine_sum_ = group.sum(cosine_sum_);
  samples_ = std::llround(group.sum(static_cast<double>(samples_)));
}

double FeatureAgreement::explained_variance() const {
  if (samples_ < 2) return kNaN;
  const auto count = static_cast<double>(samples_);
  const auto variance = (square_ / count - (sum_ / count).square()).clamp_min(0);
  return 1 - unexplained(error_ / count, variance).item<double>();
}

double FeatureAgreement::cosine() const { return samples_ == 0 ? kNaN : cosine_sum_ / static_cast<double>(samples_); }

}  // namespace multipole
