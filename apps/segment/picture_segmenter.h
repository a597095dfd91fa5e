// Segments pictures one after another with one model: plans each by the memory there is, runs it, leaves its files.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "apps/arguments/input_list.h"
#include "apps/segment/output_names.h"
#include "apps/segment/picture_outputs.h"
#include "base/error.h"
#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "tasks/segmentation/inference/inference_plan.h"

namespace multipole {

struct SegmenterOptions {
  TileOptions tiles;
  MapOutputs outputs;
  DecodeOptions decode;
  double limit_bytes = 0;  // for the whole process on a CPU, for the device elsewhere
};

class PictureSegmenter {
 public:
  struct Observer {
    std::function<void(const std::string& text)> message;  // plans, a line each
    TileProgress progress;                                 // may throw to stop
    std::function<void(const std::string& text)> note;     // what decoding left out or guessed
  };

  // Measures what the model takes. Throws ModelFileError for a model that no label map can hold.
  PictureSegmenter(LoadedModel model, const Execution& execution, const SegmenterOptions& options);

  // {"path", "map", "width", "height", "tiles", "seconds", "classes": [{"class", "index", "share"}]}, the other files'
  // names, and "notes" where decoding left something out or guessed. Throws InputError or MemoryLimitError, leaving no
  // file. Out of memory, it tries again with tiles of half the size.
  Json segment(const NamedInput& input, const OutputNames& names, const Observer& observer);

 private:
  InferencePlan plan(const PictureRows& picture, const TileOptions& tiles) const;
  // What the model is shown of the whole picture beside each of its tiles.
  void take_coarse_view(const NamedInput& input);
  Json segment_with(const TileOptions& tiles, const NamedInput& input, const OutputNames& names,
                    const Observer& observer);

  LoadedModel loaded_;
  SegmenterOptions options_;
  Normalizer normalizer_;
  Execution execution_;
  std::optional<CoarseView> coarse_view_;  // of the picture in work
  DenseModel model_;
  int64_t alignment_;
  ForwardCost cost_;
  ClassTable classes_;
};

}  // namespace multipole
