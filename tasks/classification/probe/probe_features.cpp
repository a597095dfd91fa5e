#include "tasks/classification/probe/probe_features.h"

#include <chrono>
#include <utility>

#include "base/error.h"
#include "engine/runtime/batch_paths.h"
#include "tasks/inference/features.h"
#include "tasks/probe/feature_key.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSavePeriod{30};

// Computes what the store lacks of a batch. Returns how many pictures that were.
int64_t complete_store(VisionModel& model, const Batch& batch, const std::vector<int64_t>& keys,
                       const Execution& execution, FeatureStore& store) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!store.find(keys[i]).defined()) rows.push_back(static_cast<int64_t>(i));
  }
  if (rows.empty()) return 0;
  const auto images = rows.size() == keys.size() ? batch.images : batch.images.index_select(0, torch::tensor(rows));
  const auto vectors =
      naming_files(batch, [&] { return backbone_features(*model, images, FeatureKind::kVector, execution); });
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<size_t>(rows[i]);
    require_finite_features(vectors[static_cast<int64_t>(i)], batch.paths.at(row));
    store.add(keys[row], vectors[static_cast<int64_t>(i)]);
  }
  return static_cast<int64_t>(rows.size());
}

// Saves the store whatever ends the pass.
class SavedStore {
 public:
  explicit SavedStore(FeatureStore& store) : store_(store) {}
  ~SavedStore() {
    try {
      store_.save();
    } catch (const Error&) {  // under way for another error, which is the one to tell
    }
  }
  SavedStore(const SavedStore&) = delete;
  SavedStore& operator=(const SavedStore&) = delete;

  void save_now_and_then() {
    if (Clock::now() - last_ < kSavePeriod) return;
    store_.save();
    last_ = Clock::now();
  }

 private:
  FeatureStore& store_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

ProbeFeatures probe_features(VisionModel& model, Loader& loader, int64_t total, const Execution& execution,
                             FeatureStore& store, TrainObserver& observer, const std::atomic<bool>* stop) {
  const torch::NoGradGuard no_grad;
  ProbeFeatures features;
  std::vector<torch::Tensor> vectors, labels;
  SavedStore saved(store);
  const auto start = Clock::now();
  loader.start_epoch(0);
  while (auto batch = loader.next()) {
    if (stop != nullptr && stop->load()) {
      features.complete = false;
      break;
    }
    for (const auto& bad : batch->bad) observer.on_message("left out " + bad.path + ": " + bad.reason);
    features.bad_samples += static_cast<int64_t>(batch->bad.size());
    if (batch->size() > 0) {
      std::vector<int64_t> keys;
      for (int64_t i = 0; i < batch->size(); ++i) keys.push_back(picture_key(batch->images[i]));
      const int64_t computed = complete_store(model, *batch, keys, execution, store);
      features.computed += computed;
      features.reused += batch->size() - computed;
      for (const int64_t key : keys) vectors.push_back(store.find(key));
      labels.push_back(batch->labels);
    }
    saved.save_now_and_then();
    observer.on_work({.name = "features",
                      .done = features.computed + features.reused + features.bad_samples,
                      .total = total,
                      .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
  }
  store.save();
  if (!features.complete) return features;
  if (vectors.empty()) throw InputError("no picture of the training split can be read: there are no features to fit");
  features.vectors = torch::stack(vectors);
  features.labels = torch::cat(labels);
  return features;
}

}  // namespace multipole
