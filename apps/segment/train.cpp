#include <memory>
#include <optional>
#include <string>

#include "apps/segment/segment.h"
#include "apps/training/probe_result.h"
#include "apps/training/train_command.h"
#include "tasks/segmentation/probe/segment_probe.h"
#include "tasks/segmentation/task/segmentation_task.h"

namespace multipole {
namespace {

class SegmentOptions : public TaskOptions {
 public:
  void add_to(CLI::App& command) override {
    command.add_option("--color-map", color_map_, "file that says what the colours or values of masks mean");
    command.add_option("--class-property", class_property_, "property of polygons that says their class");
    command.add_option("--outside", outside_,
                       "class of pixels in no polygon, or 'ignore'; if not given, background where there is one");
    command.add_option("--ignore-index", ignore_index_, "stored value of pixels that do not count; -1 for none")
        ->check(CLI::Range(int64_t{-1}, int64_t{65535}));
    command.add_flag("--probe", probe_,
                     "fit a linear head on the tokens of the frozen backbone of --init: each picture once, no epochs");
  }
  void put(Json& settings) const override {
    if (color_map_) merge_json(settings, {{"data", {{"color_map", *color_map_}}}});
    if (class_property_) merge_json(settings, {{"data", {{"class_property", *class_property_}}}});
    if (outside_) merge_json(settings, {{"data", {{"outside", *outside_}}}});
    if (ignore_index_) merge_json(settings, {{"data", {{"ignore_index", *ignore_index_}}}});
  }

  std::string other_training() const override { return probe_ ? "--probe" : ""; }
  bool may_train_otherwise() const override { return true; }
  bool trains_otherwise(const Json& settings) const override { return settings.contains("probe"); }
  int train_otherwise(const Json& settings, const RunSettings& run, TrainObserver& observer,
                      const SignalStop& stop) const override {
    const TrainResult result =
        train_segment_probe(settings, run.data, run.out, observer, resume_options(run), stop.flag());
    return tell_probe_result(result, segmentation_task()->score_words(result.score_name), stop);
  }

 private:
  std::optional<std::string> color_map_, class_property_, outside_;
  std::optional<int64_t> ignore_index_;
  bool probe_ = false;
};

}  // namespace

void add_segment_train(CLI::App& parent, Run& run) {
  add_train_command(parent, run, "segment", "multipole segment train --data streets --out runs/streets --epochs 60",
                    std::make_shared<SegmentOptions>());
}

}  // namespace multipole
