// A trained segmentation model that answers: a model file and a picture in, the class of every pixel out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/palette.h"
#include "datasets/pictures/picture_rows.h"
#include "tasks/inference/precision_times.h"
#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/inference/tile_options.h"
#include "tasks/segmentation/prediction/segmentation.h"

namespace multipole {

struct SegmenterOptions {
  std::string device = "auto";        // auto (CUDA where there is one), cpu or cuda
  std::string precision = "float32";  // float32, bfloat16, or auto: the faster one, see expected_pixels
  int threads = 0;                    // CPU threads of a call; 0: as many as the calling thread's work takes anyway
  TileOptions tiles = {};             // pictures whole or in tiles
  MapOutputs outputs = {};            // maps beside that of the classes
  int64_t memory_limit = 0;           // bytes of the whole process, or of the device; 0: 80% of what is free now
  DecodeOptions decode = {};          // what is read of picture files, and up to which size
  int64_t local_rank = 0;             // which of several GPUs, where processes share the machine
  int64_t expected_pixels = 0;        // of all pictures together, for precision "auto" (tasks/inference/
                                      // precision_choice.h): few or none given take float32 on a CPU
  std::string attention = {};         // another attention in a vit (engine/weights/attention_swap.h); "": its own
};

using Segmentation = BasicSegmentation<torch::Tensor>;
using MatSegmentation = BasicSegmentation<cv::Mat>;

// Opens a picture at its first row; called once for each pass over it. A model with a coarse view of the whole picture
// needs two where it works in tiles, and so does a second attempt after memory ran out.
using PictureOpener = std::function<std::unique_ptr<PictureRows>()>;

// What a caller is told while a picture is segmented, in the calling thread. Any may be left out; what they throw ends
// the call.
struct SegmentObserver {
  std::function<void(const SegmentationPlan& plan)> planned = {};  // before the first tile of each attempt
  std::function<void()> retrying = {};                             // memory ran out: the next is in smaller tiles
  std::function<void(int64_t done, int64_t total)> progress = {};  // after every tile
};

// Every method is const and may be called by several threads at once; none prints. A picture is a tensor (H, W, 3)
// uint8 in R, G and B (of a model of other bands (H, W, C), scaled to bytes); a cv::Mat in B, G and R (CV_8UC3), gray
// (CV_8UC1) or B, G, R and alpha (CV_8UC4, laid over white); or a file of any format that the library decodes.
//
// Each call plans its tiles as if it were alone, so that its maps are those of a call alone, and begins once the calls
// before it leave the memory that it planned. A call from within another's observer or sink would wait for itself.
class Segmenter {
 public:
  // Runs the model on two small pictures to learn what it takes. Throws ModelFileError for a file that is no
  // segmentation model of at most 256 classes, ConfigError for options out of range, ResourceError for a device that is
  // absent.
  explicit Segmenter(const std::filesystem::path& model, const SegmenterOptions& options = {});
  ~Segmenter();
  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;

  // The maps of a picture, which memory has to hold beside what the plan counts. Throws InputError for a picture of
  // another type and a file that cannot be read, ResourceError where memory does not hold even the smallest tiles,
  // ConfigError for tiles that cannot hold their overlap, and Error where the model has no answer for a pixel, its
  // logits being no finite numbers.
  Segmentation predict(const torch::Tensor& picture) const;
  Segmentation predict(const std::filesystem::path& picture) const;

  // Of several, in their order: side by side on a CPU, by one of the call's threads each, but that large ones have all
  // threads. One that fails by itself has an error in place of maps, and the others are done; whatever is not one
  // picture's own (options, memory that ran out) is thrown.
  std::vector<Segmentation> predict(std::span<const torch::Tensor> pictures) const;
  std::vector<Segmentation> predict(std::span<const std::filesystem::path> pictures) const;

  MatSegmentation predict(const cv::Mat& picture) const;
  std::vector<MatSegmentation> predict(std::span<const cv::Mat> pictures) const;

  // The same in bands of rows from the top down, for pictures and maps that memory does not hold: it holds one row of
  // tiles. Throws as predict() does, but torch's own errors and want of memory as they come, and what `sink` throws.
  SegmentationRun segment(const std::filesystem::path& picture, MapSink& sink,
                          const SegmentObserver& observer = {}) const;
  SegmentationRun segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer = {}) const;
  // In other tiles than the option's.
  SegmentationRun segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer,
                          const TileOptions& tiles) const;

  // How a picture of this size would be done now, in these tiles, by who holds so many bytes beside what the plan
  // counts. Throws as segment() does where no tile fits.
  SegmentationPlan plan(ImageSize size, const TileOptions& tiles, double held_beside = 0) const;

  // A map's values are places in here.
  const std::vector<std::string>& classes() const;
  // 256 colours, those of the classes first.
  const std::vector<PaletteColor>& palette() const;
  torch::Device device() const;
  const TileOptions& tiles() const;  // the option's
  // Whether tiles are shown a coarse view of the whole picture (heads/model/context.h).
  bool has_coarse_view() const;
  const DecodeOptions& decode() const;  // the option's
  // "float32" or "bfloat16".
  std::string precision() const;
  // What it was chosen by, where the options leave it open and there is work enough to measure.
  PrecisionTimes precision_times() const;
  // Bytes: the option's, or what was chosen in its place.
  double memory_limit() const;

 private:
  class Parts;

  int num_threads() const;
  std::unique_ptr<Parts> parts_;
};

}  // namespace multipole
