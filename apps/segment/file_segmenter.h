// Segments pictures and leaves their files.
#pragma once

#include <functional>
#include <string>

#include "apps/arguments/input_list.h"
#include "apps/segment/output_names.h"
#include "apps/segment/picture_outputs.h"
#include "base/json.h"
#include "tasks/segmentation/prediction/segmenter.h"

namespace multipole {

class FileSegmenter {
 public:
  struct Observer {
    std::function<void(const std::string& text)> message;       // plans, a line each
    std::function<void(int64_t done, int64_t total)> progress;  // of tiles; may throw to stop
    std::function<void(const std::string& text)> note;          // what decoding left out or guessed
  };

  // Keeps a reference to `segmenter`.
  explicit FileSegmenter(const Segmenter& segmenter, const VectorOptions& vector = {});

  // {"path", "map", "width", "height", "tiles", "seconds", "classes": [{"class", "index", "share", "pixels",
  // "area_m2"}]}, the other files' names, "regions" with "vector", "tile_check" where names have its picture
  // (tile_check_output.h, and "picture"), "no_data_pixels" where there are any (no class has a
  // share of them), and "notes" where decoding left something out or guessed; "area_m2" where it is known. Throws
  // InputError or MemoryLimitError, leaving no file. Out of memory, it tries again with tiles of half the size.
  // By several threads at once.
  Json segment(const NamedInput& input, const OutputNames& names, const Observer& observer) const;

  torch::Device device() const { return segmenter_.device(); }
  const DecodeOptions& decode() const { return segmenter_.decode(); }

 private:
  const Segmenter& segmenter_;
  ClassTable classes_;
  VectorOptions vector_;
};

}  // namespace multipole
