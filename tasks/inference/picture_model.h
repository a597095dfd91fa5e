// A model file at work on pictures: what the classes that answer for it share.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/library_errors.h"
#include "tasks/inference/picture_model_options.h"
#include "tasks/inference/precision_times.h"

namespace multipole {

// All methods may be called by several threads at once. An Answer is a struct with `notes` (what reading a file left
// out) and `error` (why there is no answer), a Compute the answers to a batch, one a picture.
class PictureModel {
 public:
  using Load = LoadedModel (*)(const std::filesystem::path& path);
  using Read = std::function<DecodedImage(size_t index)>;

  // Throws what `load` throws, ConfigError for options out of range, ResourceError for a device that is absent.
  PictureModel(const std::filesystem::path& path, Load load, const PictureModelOptions& options);

  const PictureModelOptions& options() const { return options_; }
  const Execution& execution() const { return execution_; }
  // What the choice of the precision was made by.
  const PrecisionTimes& precision_times() const { return precision_times_; }
  const ModelMetadata& metadata() const { return loaded_.metadata; }
  const Preprocessing& preprocessing() const { return preprocessing_; }

  // In evaluation mode: forward() changes nothing in it.
  const VisionModel& model() const { return loaded_.model; }
  const Backbone& backbone() const;

  // The file as the options say.
  torch::Tensor read(const std::filesystem::path& path) const;
  DecodedImage read_with_notes(const std::filesystem::path& path) const;

  // The answer to one picture, (H, W, C) uint8, C being the model's channels. Throws InputError for another type, Error
  // for an answer that is an error, and the library's errors in place of torch's.
  template <class Compute>
  auto answer_one(const torch::Tensor& picture, const Compute& compute) const {
    return with_library_errors([&] {
      auto answer = std::move(compute(batch({resized(picture)})).front());
      if (!answer.error.empty()) throw Error(answer.error);
      return answer;
    });
  }

  // Of `count` pictures in their order, a batch at a time; read() is called by several threads at once. What it or a
  // picture's type throws as an InputError is that picture's error, and the others are answered.
  template <class Answer, class Compute>
  std::vector<Answer> answer_all(size_t count, const Read& read, const Compute& compute) const;

 private:
  struct ReadPicture {
    torch::Tensor pixels;  // resized and cut; undefined where there is an error
    std::vector<std::string> notes;
    std::string error;
  };

  // Pictures begin .. end - 1, read and resized side by side by the call's threads.
  std::vector<ReadPicture> read_several(size_t begin, size_t end, const Read& read) const;
  torch::Tensor resized(const torch::Tensor& picture) const;
  // Of pictures that are resized and cut, (H, W, C) uint8 each: (B, C, H, W) float32, channels-last.
  torch::Tensor batch(const std::vector<torch::Tensor>& pictures) const;

  PictureModelOptions options_;
  Execution execution_;
  PrecisionTimes precision_times_;
  LoadedModel loaded_;
  Preprocessing preprocessing_;
  Normalizer normalizer_;
};

template <class Answer, class Compute>
std::vector<Answer> PictureModel::answer_all(size_t count, const Read& read, const Compute& compute) const {
  const auto at_a_time = static_cast<size_t>(options_.batch_size);
  return with_library_errors([&] {
    std::vector<Answer> all(count);
    for (size_t begin = 0; begin < count; begin += at_a_time) {
      std::vector<ReadPicture> read_ones = read_several(begin, std::min(count, begin + at_a_time), read);
      std::vector<torch::Tensor> pictures;
      std::vector<size_t> places;
      for (size_t i = 0; i < read_ones.size(); ++i) {
        all[begin + i].error = std::move(read_ones[i].error);
        if (!read_ones[i].pixels.defined()) continue;
        pictures.push_back(std::move(read_ones[i].pixels));
        places.push_back(i);
      }
      if (pictures.empty()) continue;
      std::vector<Answer> found = compute(batch(pictures));
      for (size_t i = 0; i < places.size(); ++i) {
        found[i].notes = std::move(read_ones[places[i]].notes);
        all[begin + places[i]] = std::move(found[i]);
      }
    }
    return all;
  });
}

}  // namespace multipole
