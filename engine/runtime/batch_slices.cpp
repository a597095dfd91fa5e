#include "engine/runtime/batch_slices.h"

#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/runtime/batch_paths.h"
#include "engine/runtime/side_by_side.h"

namespace multipole {
namespace {

// A slice is to be large enough that calling the operators costs little beside them, small enough that what one layer
// leaves to the next stays in a core's cache.
constexpr int64_t kMostPictures = 16;
constexpr int64_t kPixels = int64_t{1} << 17;

struct Slice {
  std::shared_ptr<const Batch> batch;
  int64_t begin = 0, end = 0;

  bool is_last() const { return end == batch->size(); }
};

struct AnsweredSlice {
  Slice slice;
  torch::Tensor answers;
};

}  // namespace

int64_t pictures_of_slice(int64_t height, int64_t width) {
  return std::clamp<int64_t>(kPixels / std::max<int64_t>(1, height * width), 1, kMostPictures);
}

torch::Tensor answer_in_slices(const torch::Tensor& images, const torch::Device& device, const AnswerPictures& answer) {
  const int64_t count = images.size(0);
  const int64_t at_once = device.is_cpu() ? pictures_of_slice(images.size(2), images.size(3)) : count;
  if (count <= at_once) return answer(images);
  std::vector<torch::Tensor> parts;
  side_by_side<torch::Tensor>(
      (count + at_once - 1) / at_once,
      [&](int64_t& slice) { return answer(images.slice(0, slice * at_once, std::min(count, (slice + 1) * at_once))); },
      [&](torch::Tensor part) { parts.push_back(std::move(part)); });
  return torch::cat(parts);
}

void answer_stream(const std::function<std::optional<Batch>()>& next, const torch::Device& device,
                   const AnswerPictures& answer,
                   const std::function<void(const Batch& batch, const torch::Tensor& answers)>& take) {
  Slice last;
  const auto fetch = [&]() -> std::optional<Slice> {
    if (!last.batch || last.is_last()) {
      auto batch = next();
      if (!batch) return std::nullopt;
      last = {.batch = std::make_shared<const Batch>(std::move(*batch))};
    }
    const Batch& batch = *last.batch;
    const int64_t at_once = device.is_cpu() && batch.size() > 0
                                ? pictures_of_slice(batch.images.size(2), batch.images.size(3))
                                : batch.size();
    last = {.batch = last.batch, .begin = last.end, .end = std::min(batch.size(), last.end + at_once)};
    return last;
  };
  const auto make = [&](const Slice& slice) -> AnsweredSlice {
    const Batch& batch = *slice.batch;
    if (batch.size() == 0) return {slice, {}};
    return {slice, naming_files(batch, [&] { return answer(batch.images.slice(0, slice.begin, slice.end)); })};
  };
  std::vector<torch::Tensor> parts;
  const auto keep = [&](const AnsweredSlice& done) {
    parts.push_back(done.answers);
    if (!done.slice.is_last()) return;
    take(*done.slice.batch, parts.size() == 1 ? parts.front() : torch::cat(parts));
    parts.clear();
  };
  side_by_side<Slice, AnsweredSlice>(fetch, make, keep, most_at_once(device));
}

}  // namespace multipole
