// What a dataset gives and what a loader makes of it. Nothing here knows of files, codecs or models.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

// One picture as it was decoded: no resize, no normalisation.
struct Sample {
  torch::Tensor image;                  // (H, W, C) uint8, contiguous: RGB, or the chosen bands of a raster
  int64_t label = -1;                   // class index, -1 where there is none
  torch::Tensor mask;                   // (H, W) uint8 class ids with 255 ignored; undefined for classification
  std::string path;                     // for messages
  std::vector<std::string> notes = {};  // what decoding left out or guessed
  int64_t nodata_pixels = 0;            // that hold no data: 255 in the mask
};

// A random-access list of samples. Every method may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  // Throws InputError, naming the file and the reason, when the sample cannot be read.
  virtual Sample get(int64_t index) const = 0;
  // The sample's file or description, known without reading it.
  virtual std::string path(int64_t index) const = 0;
};

// A sample that could not be read: it is left out of its batch, never replaced by another.
struct BadSample {
  int64_t index = -1;
  std::string path;
  std::string reason;
};

// B = the samples that could be read, in sampler order; B may be 0 when all were bad.
struct Batch {
  torch::Tensor images;            // (B, C, H, W) float, channels-last, normalised
  torch::Tensor labels;            // (B) int64
  torch::Tensor masks;             // (B, H, W) uint8; undefined for classification
  torch::Tensor windows;           // (B, n + 1) int64: bytes, where text is read in place of pictures
  torch::Tensor mixed_labels;      // (B) int64, the second label after mixup or CutMix; undefined where not mixed
  double mix_weight = 1.0;         // share of `labels` in the target; 1 - mix_weight goes to `mixed_labels`
  std::vector<std::string> paths;  // B
  std::vector<std::vector<std::string>> notes;  // B, of each sample
  std::vector<int64_t> indices;                 // B, into the dataset
  std::vector<BadSample> bad;
  int64_t number = 0;  // position of the batch in its epoch

  int64_t size() const { return static_cast<int64_t>(indices.size()); }
  // What the model is given: the images, or the windows.
  const torch::Tensor& inputs() const { return windows.defined() ? windows : images; }
};

}  // namespace multipole
