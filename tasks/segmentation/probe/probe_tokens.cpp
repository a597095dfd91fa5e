#include "tasks/segmentation/probe/probe_tokens.h"

#include <chrono>

#include "engine/runtime/batch_paths.h"
#include "tasks/inference/features.h"
#include "tasks/probe/feature_key.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;

// (D, h, w) of the batch's one picture.
torch::Tensor compute_map(VisionModel& model, const Batch& batch, const Execution& execution) {
  const auto map =
      naming_files(batch, [&] { return backbone_features(*model, batch.images, FeatureKind::kMap, execution); });
  require_finite_features(map, batch.paths.at(0));
  return map[0];
}

}  // namespace

MapPass sample_tokens(VisionModel& model, Loader& loader, int64_t total, const Execution& execution, MapStore& store,
                      TokenSample& sample, TrainObserver& observer, const std::atomic<bool>* stop) {
  const torch::NoGradGuard no_grad;
  const int64_t stride = model->backbone()->feature_info().back().stride;
  MapPass pass;
  const auto start = Clock::now();
  loader.start_epoch(0);
  while (auto batch = loader.next()) {
    if (stop != nullptr && stop->load()) {
      pass.complete = false;
      break;
    }
    for (const auto& bad : batch->bad) observer.on_message("left out " + bad.path + ": " + bad.reason);
    pass.bad_samples += static_cast<int64_t>(batch->bad.size());
    if (batch->size() > 0) {
      const int64_t key = picture_key(batch->images[0]);
      torch::Tensor map = store.find(key);
      if (map.defined()) {
        ++pass.reused;
      } else {
        map = compute_map(model, *batch, execution);
        store.add(key, map);
        ++pass.computed;
      }
      sample.add(batch->indices.at(0), map, class_pixels(batch->masks[0], stride, model->config().num_classes));
    }
    observer.on_work({.name = "features",
                      .done = pass.computed + pass.reused + pass.bad_samples,
                      .total = total,
                      .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
  }
  return pass;
}

}  // namespace multipole
