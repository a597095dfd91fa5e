#include "heads/losses/segmentation_loss.h"

#include <algorithm>
#include <cmath>

#include "heads/losses/overlap.h"
#include "heads/losses/pixel_cross_entropy.h"

namespace multipole {

namespace {

constexpr int64_t kIgnored = 255;

}  // namespace

void SegmentationLossConfig::validate(const std::string& where) const {
  for (const auto& [name, weight] : {std::pair<const char*, double>{".cross_entropy", cross_entropy},
                                     {".dice", dice},
                                     {".lovasz", lovasz},
                                     {".auxiliary", auxiliary}}) {
    require(weight >= 0, where + name, "must not be negative", weight);
  }
  require(cross_entropy + dice + lovasz > 0, where, "needs a loss with a weight above 0; cross_entropy is",
          cross_entropy);
  require(!class_weights.empty(), where + ".class_weights", "must be none, auto or a file", class_weights);
  ohem.validate(where + ".ohem");
}

SegmentationLoss::SegmentationLoss(const SegmentationLossConfig& config, double label_smoothing,
                                   const torch::Tensor& class_weights)
    : config_(config), label_smoothing_(label_smoothing), class_weights_(class_weights) {}

torch::Tensor SegmentationLoss::operator()(const std::vector<torch::Tensor>& logits,
                                           const torch::Tensor& targets) const {
  torch::Tensor sum;
  const auto add = [&sum](double weight, const torch::Tensor& loss) {
    sum = sum.defined() ? sum + weight * loss : weight * loss;
  };
  if (config_.cross_entropy > 0) add(config_.cross_entropy, cross_entropy(logits.front(), targets));
  if (config_.dice > 0 || config_.lovasz > 0) {
    const auto& main = logits.front();
    const auto wide = main.scalar_type() == torch::kDouble ? main : main.to(torch::kFloat);
    const auto probabilities = torch::softmax(wide, 1);
    if (config_.dice > 0) add(config_.dice, dice_loss(probabilities, targets, kIgnored));
    if (config_.lovasz > 0) add(config_.lovasz, lovasz_softmax_loss(probabilities, targets, kIgnored));
  }
  for (size_t i = 1; i < logits.size(); ++i) {
    if (config_.auxiliary > 0) add(config_.auxiliary, cross_entropy(logits[i], targets));
  }
  return sum;
}

torch::Tensor SegmentationLoss::cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) const {
  auto pixels = pixel_cross_entropy(logits, targets, kIgnored, class_weights_, label_smoothing_);
  if (config_.ohem.threshold > 0) {
    const auto unweighted = pixel_cross_entropy(logits.detach(), targets, kIgnored);
    pixels = keep_hard(pixels, unweighted.losses, config_.ohem);
  }
  return weighted_mean(pixels);
}

torch::Tensor balanced_pixel_weights(const std::vector<int64_t>& pixels) {
  std::vector<double> present;
  for (const int64_t count : pixels) {
    if (count > 0) present.push_back(static_cast<double>(count));
  }
  if (present.empty()) return torch::ones({static_cast<int64_t>(pixels.size())});
  const auto middle = present.begin() + static_cast<ptrdiff_t>(present.size() / 2);
  std::nth_element(present.begin(), middle, present.end());
  const double median = *middle, rarest = *std::min_element(present.begin(), present.end());
  std::vector<float> weights;
  double weighted = 0, total = 0;
  for (const int64_t count : pixels) {
    const double weight = std::sqrt(median / (count > 0 ? static_cast<double>(count) : rarest));
    weights.push_back(static_cast<float>(weight));
    weighted += weight * static_cast<double>(count);
    total += static_cast<double>(count);
  }
  return torch::tensor(weights) * (total / weighted);
}

}  // namespace multipole
