#include "tasks/segmentation/probe/token_sample.h"

#include <torch/utils.h>

#include "base/sample_random.h"
#include "datasets/masks/label_map.h"

namespace multipole {
namespace {

torch::Tensor random_numbers(uint64_t seed, int64_t picture, int64_t count) {
  SampleRandom random(seed, 0, static_cast<uint64_t>(picture), RandomStream::kDraw);
  const auto numbers = torch::empty({count}, torch::kDouble);
  auto* number = numbers.data_ptr<double>();
  for (int64_t i = 0; i < count; ++i) number[i] = random.uniform();
  return numbers;
}

}  // namespace

torch::Tensor class_pixels(const torch::Tensor& mask, int64_t stride, int64_t num_classes) {
  const int64_t height = mask.size(0), width = mask.size(1);
  const int64_t rows = (height + stride - 1) / stride, columns = (width + stride - 1) / stride;
  const auto row = torch::arange(height).div(stride, "floor").view({height, 1});
  const auto token = row * columns + torch::arange(width).div(stride, "floor");
  const auto cell = (token * num_classes + mask.to(torch::kLong)).masked_select(mask != kIgnoredLabel);
  return torch::bincount(cell, {}, rows * columns * num_classes).view({-1, num_classes}).to(torch::kFloat);
}

void TokenSample::add(int64_t picture, const torch::Tensor& map, const torch::Tensor& class_pixels) {
  const auto features = map.flatten(1).t();
  TORCH_CHECK(features.size(0) == class_pixels.size(0), "TokenSample: a map of ", features.size(0),
              " tokens and the pixels of ", class_pixels.size(0));
  const auto labelled = class_pixels.sum(1) > 0;
  num_labelled_ += labelled.sum().item<int64_t>();
  const auto numbers = random_numbers(seed_, picture, features.size(0));
  const auto places = (labelled & (numbers <= limit_)).nonzero().flatten();
  if (places.size(0) == 0) return;
  rows_.push_back({.features = features.index_select(0, places),
                   .pixels = class_pixels.index_select(0, places),
                   .pictures = torch::full({places.size(0)}, picture, torch::kLong),
                   .numbers = numbers.index_select(0, places)});
  num_kept_ += places.size(0);
  if (num_kept_ > most_ + most_ / 4) shrink();
}

void TokenSample::shrink() {
  const auto joined = [this](torch::Tensor Rows::*part) {
    std::vector<torch::Tensor> parts;
    for (const auto& rows : rows_) parts.push_back(rows.*part);
    return torch::cat(parts);
  };
  const auto numbers = joined(&Rows::numbers);
  const auto order = torch::argsort(numbers, /*stable=*/true, /*dim=*/0, /*descending=*/false);
  const auto kept = std::get<0>(order.narrow(0, 0, std::min(most_, num_kept_)).sort());
  Rows rows;
  for (const auto part : {&Rows::features, &Rows::pixels, &Rows::pictures, &Rows::numbers}) {
    rows.*part = joined(part).index_select(0, kept);
    for (auto& old : rows_) (old.*part).reset();
  }
  if (num_kept_ >= most_) limit_ = rows.numbers.max().item<double>();
  num_kept_ = kept.size(0);
  rows_ = {rows};
}

Tokens TokenSample::take() {
  if (rows_.empty()) return {};
  shrink();
  const Rows rows = rows_.front();
  rows_.clear();
  num_kept_ = 0;
  const auto pixels = rows.pixels.to(torch::kDouble);
  return {.features = rows.features, .targets = pixels / pixels.sum(1, /*keepdim=*/true), .pictures = rows.pictures};
}

}  // namespace multipole
