#include "tasks/segmentation/prediction/segmenter.h"

#include <ATen/DeviceAccelerator.h>

#include <utility>

#include "base/error.h"
#include "base/fields.h"
#include "datasets/pictures/rgb_picture.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/runtime/library_errors.h"
#include "engine/runtime/process_memory.h"
#include "engine/runtime/thread_count.h"
#include "engine/weights/attention_swap.h"
#include "tasks/segmentation/prediction/each_picture.h"
#include "tasks/segmentation/prediction/map_in_memory.h"
#include "tasks/segmentation/prediction/picture_segmenter.h"

namespace multipole {
namespace {

constexpr size_t kMostClasses = 256;   // of a map of bytes
constexpr double kShareOfSpare = 0.8;  // of the spare memory, where no limit is given

Execution checked_execution(const SegmenterOptions& options) {
  require(options.threads >= 0, "threads", "must not be negative", options.threads);
  require(options.expected_pixels >= 0, "expected_pixels", "must not be negative", options.expected_pixels);
  require(options.memory_limit >= 0, "memory_limit", "must not be negative", options.memory_limit);
  return select_execution(options.device, options.precision, options.local_rank, "device", "precision");
}

double limit_bytes(const SegmenterOptions& options, const torch::Device& device) {
  if (options.memory_limit > 0) return static_cast<double>(options.memory_limit);
  if (device.is_cpu()) {
    return static_cast<double>(resident_bytes()) + kShareOfSpare * static_cast<double>(spare_bytes());
  }
  return kShareOfSpare * static_cast<double>(at::accelerator::getMemoryInfo(device.index()).first);
}

LoadedModel load_segmenter(const std::filesystem::path& path) {
  LoadedModel loaded = load_model(path, "segmentation");
  if (loaded.metadata.classes.size() > kMostClasses) {
    throw ModelFileError(path.string() + ": the model has " + std::to_string(loaded.metadata.classes.size()) +
                         " classes; a label map holds at most " + std::to_string(kMostClasses));
  }
  return loaded;
}

}  // namespace

class Segmenter::Parts {
 public:
  Parts(const std::filesystem::path& path, const SegmenterOptions& given)
      : options(given),
        execution(checked_execution(given)),
        limit(limit_bytes(given, execution.device)),
        loaded(swap_attention(load_segmenter(path), given.attention, "attention")),
        preprocessing(config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing")),
        palette(model_palette(loaded.metadata.palette)),
        pictures(loaded, execution, given, limit) {
    options.decode = reading_for(preprocessing, options.decode);
  }

  Segmentation maps(const PictureOpener& open) {
    MapInMemory kept(options.outputs);
    SegmentationRun run = pictures.segment(open, kept, {}, options.tiles);
    return {kept.classes(), kept.probability(), kept.uncertainty(), std::move(run), {}};
  }

  PictureOpener opener(const std::filesystem::path& path) const {
    return [path, decode = options.decode] { return open_picture_rows(path, decode); };
  }

  SegmenterOptions options;
  Execution execution;
  double limit;  // found before the model is loaded, which is part of what it bounds
  LoadedModel loaded;
  Preprocessing preprocessing;
  std::vector<PaletteColor> palette;
  PictureSegmenter pictures;
};

Segmenter::Segmenter(const std::filesystem::path& model, const SegmenterOptions& options)
    : parts_(std::make_unique<Parts>(model, options)) {}

Segmenter::~Segmenter() = default;
Segmenter::Segmenter(Segmenter&&) noexcept = default;
Segmenter& Segmenter::operator=(Segmenter&&) noexcept = default;

const std::vector<std::string>& Segmenter::classes() const { return parts_->loaded.metadata.classes; }
const std::vector<PaletteColor>& Segmenter::palette() const { return parts_->palette; }
torch::Device Segmenter::device() const { return parts_->execution.device; }
const TileOptions& Segmenter::tiles() const { return parts_->options.tiles; }
bool Segmenter::has_coarse_view() const { return parts_->pictures.has_coarse_view(); }
std::string Segmenter::precision() const { return parts_->pictures.execution().precision_name(); }
PrecisionTimes Segmenter::precision_times() const { return parts_->pictures.precision_times(); }
double Segmenter::memory_limit() const { return parts_->limit; }

SegmentationRun Segmenter::segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer) const {
  return segment(open, sink, observer, tiles());
}

SegmentationRun Segmenter::segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer,
                                   const TileOptions& tiles) const {
  return parts_->pictures.segment(open, sink, observer, tiles);
}

SegmentationPlan Segmenter::plan(ImageSize size, const TileOptions& tiles, double held_beside) const {
  return parts_->pictures.plan(size, tiles, held_beside);
}

SegmentationRun Segmenter::segment(const std::filesystem::path& picture, MapSink& sink,
                                   const SegmentObserver& observer) const {
  return segment(parts_->opener(picture), sink, observer);
}

Segmentation Segmenter::predict(const torch::Tensor& picture) const {
  return with_library_errors([&] {
    const torch::Tensor pixels = rgb_picture(picture, parts_->preprocessing.channels());
    return parts_->maps([&] { return rows_of(pixels); });
  });
}

Segmentation Segmenter::predict(const std::filesystem::path& picture) const {
  return with_library_errors([&] { return parts_->maps(parts_->opener(picture)); });
}

const DecodeOptions& Segmenter::decode() const { return parts_->options.decode; }
int Segmenter::num_threads() const { return parts_->options.threads; }

std::vector<Segmentation> Segmenter::predict(std::span<const torch::Tensor> pictures) const {
  const ThreadCount threads(num_threads());
  const auto is_large = [&](size_t i) {
    return pictures[i].dim() == 3 && is_large_picture(pictures[i].size(0), pictures[i].size(1));
  };
  return each_picture<Segmentation>(pictures.size(), is_large, most_at_once(device()),
                                    [&](size_t i) { return predict(pictures[i]); });
}

std::vector<Segmentation> Segmenter::predict(std::span<const std::filesystem::path> pictures) const {
  const ThreadCount threads(num_threads());
  const auto is_large = [&](size_t i) { return is_large_picture(pictures[i], parts_->options.decode); };
  return each_picture<Segmentation>(pictures.size(), is_large, most_at_once(device()),
                                    [&](size_t i) { return predict(pictures[i]); });
}

}  // namespace multipole
