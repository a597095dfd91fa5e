#include "tasks/attention_swap/swap_comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "heads/metrics/shares.h"

namespace multipole {
namespace {

double error_of(const BlockDifference& block) { return std::sqrt(block.difference / block.reference); }

double mean(double sum, int64_t count) {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

void take_cost(PassCost& all, const PassCost& cost) {
  all.seconds = std::min(all.seconds, cost.seconds);
  all.bytes = std::max(all.bytes, cost.bytes);
}

Json cost_json(const PassCost& cost) { return {{"seconds", cost.seconds}, {"bytes", cost.bytes}}; }

}  // namespace

void SwapComparison::add(const PictureDifference& difference) {
  ++pictures_;
  tokens_ = difference.tokens;
  if (blocks_.empty()) blocks_.resize(difference.blocks.size());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].name = difference.blocks[i].name;
    blocks_[i].difference += difference.blocks[i].difference;
    blocks_[i].reference += difference.blocks[i].reference;
  }
  embedding_cosine_ += difference.embedding_cosine;
  patch_cosine_ += difference.patch_cosine.mean().item<double>();
  if (!difference.classes.defined()) return;
  answers_ += difference.classes.numel();
  const auto same = difference.classes == difference.reference_classes;
  same_answers_ += same.sum().item<int64_t>();
  const auto counts = [](const torch::Tensor& classes) { return classes.flatten().bincount(); };
  const auto own = counts(difference.classes), other = counts(difference.reference_classes);
  const auto both = counts(difference.classes.masked_select(same));
  const auto at = [](const torch::Tensor& tensor, int64_t i) {
    return i < tensor.numel() ? tensor[i].item<int64_t>() : 0;
  };
  const auto classes = static_cast<size_t>(std::max(own.numel(), other.numel()));
  if (unions_.size() < classes) {
    unions_.resize(classes);
    intersections_.resize(classes);
  }
  for (size_t i = 0; i < classes; ++i) {
    const auto index = static_cast<int64_t>(i);
    intersections_[i] += at(both, index);
    unions_[i] += at(own, index) + at(other, index) - at(both, index);
  }
}

void SwapComparison::add_cost(const PassCost& reference, const PassCost& swapped) {
  if (!has_cost_) {
    reference_cost_ = reference;
    swapped_cost_ = swapped;
    has_cost_ = true;
    return;
  }
  take_cost(reference_cost_, reference);
  take_cost(swapped_cost_, swapped);
}

double SwapComparison::block_error() const {
  double sum = 0;
  for (const auto& block : blocks_) sum += block.difference / block.reference;
  return std::sqrt(mean(sum, static_cast<int64_t>(blocks_.size())));
}

double SwapComparison::embedding_cosine() const { return mean(embedding_cosine_, pictures_); }
double SwapComparison::patch_cosine() const { return mean(patch_cosine_, pictures_); }
double SwapComparison::agreement() const { return mean(static_cast<double>(same_answers_), answers_); }

Json SwapComparison::to_json(const std::vector<std::string>& classes) const {
  Json blocks = Json::array(), iou = Json::array();
  for (const auto& block : blocks_)
    blocks.push_back({{"name", block.name}, {"error", number_or_null(error_of(block))}});
  for (size_t i = 0; i < std::min(unions_.size(), classes.size()); ++i) {
    if (unions_[i] == 0) continue;
    iou.push_back(
        {{"class", classes[i]}, {"iou", static_cast<double>(intersections_[i]) / static_cast<double>(unions_[i])}});
  }
  return {{"size", image_size_},
          {"tokens", tokens_},
          {"pictures", pictures_},
          {"block_error", number_or_null(block_error())},
          {"blocks", blocks},
          {"embedding_cosine", number_or_null(embedding_cosine())},
          {"patch_cosine", number_or_null(patch_cosine())},
          {"agreement", number_or_null(agreement())},
          {"iou", iou},
          {"reference", cost_json(reference_cost_)},
          {"swapped", cost_json(swapped_cost_)}};
}

}  // namespace multipole
