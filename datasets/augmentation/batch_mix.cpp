#include "datasets/augmentation/batch_mix.h"

#include <algorithm>
#include <cmath>

#include "datasets/augmentation/ranges.h"

namespace multipole {

namespace {

using torch::indexing::Slice;

void mixup(Batch& batch, double alpha, SampleRandom& random) {
  batch.mix_weight = random.symmetric_beta(alpha);
  const torch::Tensor partners = batch.images.flip({0}).mul_(1.0 - batch.mix_weight);
  batch.images.mul_(batch.mix_weight).add_(partners);
}

void cutmix(Batch& batch, double alpha, SampleRandom& random) {
  const int64_t height = batch.images.size(2), width = batch.images.size(3);
  const double side = std::sqrt(1.0 - random.symmetric_beta(alpha));
  const int64_t box_height = std::llround(side * static_cast<double>(height));
  const int64_t box_width = std::llround(side * static_cast<double>(width));
  // the box's centre may lie anywhere: what leaves the picture is cut off
  const int64_t center_y = random.below(height), center_x = random.below(width);
  const int64_t top = std::clamp<int64_t>(center_y - box_height / 2, 0, height);
  const int64_t bottom = std::clamp<int64_t>(center_y - box_height / 2 + box_height, 0, height);
  const int64_t left = std::clamp<int64_t>(center_x - box_width / 2, 0, width);
  const int64_t right = std::clamp<int64_t>(center_x - box_width / 2 + box_width, 0, width);
  const torch::Tensor box = batch.images.index({Slice(), Slice(), Slice(top, bottom), Slice(left, right)});
  box.copy_(box.flip({0}));
  batch.mix_weight = 1.0 - static_cast<double>((bottom - top) * (right - left)) / static_cast<double>(height * width);
}

}  // namespace

void BatchMixConfig::validate(const std::string& where) const {
  require(mixup_alpha >= 0.0, where + ".mixup_alpha", "must not be negative", mixup_alpha);
  require(cutmix_alpha >= 0.0, where + ".cutmix_alpha", "must not be negative", cutmix_alpha);
  require_probability(probability, where + ".probability");
  require_probability(cutmix_probability, where + ".cutmix_probability");
}

void mix_batch(Batch& batch, const BatchMixConfig& config, SampleRandom& random) {
  const bool has_mixup = config.mixup_alpha > 0.0, has_cutmix = config.cutmix_alpha > 0.0;
  if ((!has_mixup && !has_cutmix) || batch.size() < 2 || !random.chance(config.probability)) return;
  const bool use_cutmix = has_cutmix && (!has_mixup || random.chance(config.cutmix_probability));
  if (use_cutmix) {
    cutmix(batch, config.cutmix_alpha, random);
  } else {
    mixup(batch, config.mixup_alpha, random);
  }
  batch.mixed_labels = batch.labels.flip({0});
}

torch::Tensor soft_targets(const Batch& batch, int64_t num_classes, double smoothing) {
  const auto one_hot = [&](const torch::Tensor& labels, double weight) {
    return torch::zeros({labels.size(0), num_classes}).scatter_(1, labels.unsqueeze(1), weight * (1.0 - smoothing));
  };
  torch::Tensor targets = one_hot(batch.labels, batch.mix_weight);
  if (batch.mixed_labels.defined()) targets += one_hot(batch.mixed_labels, 1.0 - batch.mix_weight);
  return targets.add_(smoothing / static_cast<double>(num_classes));
}

}  // namespace multipole
