#include "tasks/sequence/sequence_training.h"

#include <memory>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/sequence/sequence_model.h"
#include "engine/optimizers/registry.h"
#include "tasks/sequence/sequence_log.h"
#include "tasks/sequence/sequence_task.h"
#include "tasks/sequence/window_stream.h"

namespace multipole {
namespace {

SequenceTrainConfig resolve_sequence_config(SequenceTrainConfig config) {
  config.model.attention = resolve_attention_config(config.model.attention, "model.attention");
  config.optimizer = resolve_optimizer_config(config.optimizer, "optimizer");
  return config;
}

int64_t count_epochs(const SequenceTrainConfig& config) { return (config.steps - 1) / config.eval_every + 1; }

TrainConfig train_config(const SequenceTrainConfig& config) {
  TrainConfig train;
  train.epochs = count_epochs(config);
  train.batch_size = config.batch_size;
  train.optimizer = config.optimizer;
  train.schedule = config.schedule;
  train.clip_grad = config.clip_grad;
  train.ema.enabled = false;
  train.precision = "float32";
  train.device = "cpu";
  train.seed = config.seed;
  return train;
}

// The steps that are done say where a run stands, since the states of earlier versions count no epochs and the last
// epoch of a run that is made longer may have been cut short.
void place_in_epochs(const SequenceTrainConfig& config, TrainProgress& progress) {
  const bool is_evaluated = progress.batch == 0;
  // earlier versions held the fewest bits themselves
  if (is_evaluated && progress.epoch == 0 && progress.best_score) progress.best_score = -*progress.best_score;
  if (progress.step >= config.steps && is_evaluated) {
    progress.epoch = count_epochs(config);
  } else if (progress.step > 0) {
    progress.epoch = (progress.step - (is_evaluated ? 0 : 1)) / config.eval_every;
    progress.batch = progress.step - progress.epoch * config.eval_every;
  }
}

class SequenceTraining : public OpenedTraining {
 public:
  SequenceTraining(const SequenceTrainConfig& config, const ByteText& text)
      : config_(resolve_sequence_config(config)),
        data_{{"bytes", text.size()}, {"checksum", text.checksum()}},
        validation_(text.tail(config.val_fraction)),
        windows_(std::make_unique<WindowStream>(text.head(config.val_fraction),
                                                WindowOptions{.length = config.model.context,
                                                              .batch_size = config.batch_size,
                                                              .num_batches = config.eval_every,
                                                              .seed = static_cast<uint64_t>(config.seed)})) {}

  TrainingRun run() const override {
    const auto make_task = [this](const Execution&, const std::filesystem::path& best_path, const TrainedModel&) {
      return std::make_unique<SequenceTask>(validation_, config_.batch_size, config_.val_bytes, best_path);
    };
    const auto make_log = [this](const RunFolder& folder, int64_t first_step, TrainObserver& next) {
      return std::make_unique<SequenceLog>(folder, first_step, config_.model.context, next);
    };
    return {.train = train_config(config_),
            .config = to_json_config(config_),
            .data = data_,
            .stream = *windows_,
            .num_classes = kNumBytes,
            .steps = config_.steps,
            .make_model = [this] { return SequenceModel(config_.model); },
            .make_task = make_task,
            .make_log = make_log,
            .place = [this](TrainProgress& progress) { place_in_epochs(config_, progress); }};
  }

  void report(const std::filesystem::path&, TrainObserver&, const std::atomic<bool>*) const override {}
  std::string score_name() const override { return "bits_per_byte"; }

 private:
  SequenceTrainConfig config_;  // resolved
  Json data_;                   // the text's fingerprint
  ByteText validation_;
  std::unique_ptr<WindowStream> windows_;
};

}  // namespace

void SequenceTrainConfig::validate(const std::string& where) const {
  const std::string prefix = where.empty() ? "" : where + ".";
  require(steps >= 1, prefix + "steps", "must be at least 1", steps);
  require(batch_size >= 1 && batch_size <= 65536, prefix + "batch_size", "must be from 1 to 65536", batch_size);
  require(clip_grad >= 0, prefix + "clip_grad", "must not be negative", clip_grad);
  require(eval_every >= 1, prefix + "eval_every", "must be at least 1", eval_every);
  require(val_fraction > 0 && val_fraction < 1, prefix + "val_fraction", "must be in (0, 1)", val_fraction);
  require(val_bytes >= 1, prefix + "val_bytes", "must be at least 1", val_bytes);
}

std::unique_ptr<OpenedTraining> open_sequence_training(const SequenceTrainConfig& config, const ByteText& text) {
  return std::make_unique<SequenceTraining>(config, text);
}

}  // namespace multipole
