#include "datasets/loading/batch_builder.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "datasets/loading/resolution_schedule.h"

namespace multipole {

namespace {

void stack(const std::vector<Sample>& samples, const Normalizer& normalizer, Batch& batch) {
  std::vector<int64_t> labels;
  std::vector<torch::Tensor> masks;
  for (const auto& sample : samples) {
    labels.push_back(sample.label);
    if (sample.mask.defined()) masks.push_back(sample.mask);
  }
  batch.labels = torch::tensor(labels, torch::kLong);
  if (samples.empty()) {
    batch.images = torch::empty({0, normalizer.channels(), 0, 0});
    return;
  }
  const torch::Tensor& first = samples.front().image;
  const int64_t count = static_cast<int64_t>(samples.size()), height = first.size(0), width = first.size(1);
  const int64_t channels = normalizer.channels();
  torch::Tensor images = torch::empty({count, height, width, channels}, torch::kFloat);
  for (int64_t i = 0; i < count; ++i) {
    const Sample& sample = samples[i];
    if (sample.image.size(0) != height || sample.image.size(1) != width) {
      throw std::invalid_argument(sample.path + ": the transform left a picture of another size than its batch's");
    }
    normalizer.write(sample.image, images.data_ptr<float>() + i * height * width * channels);
  }
  batch.images = images.permute({0, 3, 1, 2});
  if (!masks.empty()) batch.masks = torch::stack(masks);
}

}  // namespace

Batch BatchBuilder::operator()(const std::vector<int64_t>& indices, int64_t epoch, int64_t number,
                               const std::function<void(int64_t)>& reading) const {
  Batch batch;
  batch.number = number;
  std::vector<Sample> samples;
  for (const int64_t index : indices) {
    reading(index);
    try {
      SampleRandom random(seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(index));
      const Sample stored = dataset->get(index);
      samples.push_back(transform(stored, random));
      batch.indices.push_back(index);
      batch.notes.push_back(stored.notes);
      batch.paths.push_back(samples.back().path);
    } catch (const InputError& error) {
      batch.bad.push_back({index, dataset->path(index), error.what()});
    } catch (const std::bad_alloc&) {
      throw ResourceError(dataset->path(index) + ": not enough memory to read it");
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw std::runtime_error("sample " + std::to_string(index) + " (" + dataset->path(index) + "): " + error.what());
    }
  }
  stack(samples, normalizer, batch);
  if (picture_size) batch.images = resize_batch(batch.images, picture_size(epoch));
  SampleRandom random(seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(number), RandomStream::kMix);
  mix_batch(batch, mix, random);
  return batch;
}

}  // namespace multipole
