#include <memory>
#include <optional>

#include "apps/segment/segment.h"
#include "apps/training/train_command.h"

namespace multipole {
namespace {

class SegmentOptions : public TaskOptions {
 public:
  void add_to(CLI::App& command) override {
    command.add_option("--color-map", color_map_, "file that says what the colours or values of masks mean");
    command.add_option("--ignore-index", ignore_index_, "stored value of pixels that do not count; -1 for none")
        ->check(CLI::Range(int64_t{-1}, int64_t{65535}));
  }
  void put(Json& settings) const override {
    if (color_map_) merge_json(settings, {{"data", {{"color_map", *color_map_}}}});
    if (ignore_index_) merge_json(settings, {{"data", {{"ignore_index", *ignore_index_}}}});
  }

 private:
  std::optional<std::string> color_map_;
  std::optional<int64_t> ignore_index_;
};

}  // namespace

void add_segment_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, "segment", "multipole segment train --data streets --out runs/streets --epochs 60",
                    std::make_shared<SegmentOptions>());
}

}  // namespace multipole
