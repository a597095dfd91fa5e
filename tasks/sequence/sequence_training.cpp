#include "tasks/sequence/sequence_training.h"

#include <memory>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/sequence/sequence_model.h"
#include "engine/optimizers/registry.h"
#include "engine/training/training_run.h"
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

TrainResult train_sequence(const SequenceTrainConfig& given, const ByteText& text, const std::filesystem::path& out,
                           TrainObserver& observer, const ResumeOptions& resume, const std::atomic<bool>* stop) {
  const SequenceTrainConfig config = resolve_sequence_config(given);
  const ByteText validation = text.tail(config.val_fraction);
  WindowStream windows(text.head(config.val_fraction), {.length = config.model.context,
                                                        .batch_size = config.batch_size,
                                                        .num_batches = config.eval_every,
                                                        .seed = static_cast<uint64_t>(config.seed)});
  const TrainingRun run = {.train = train_config(config),
                           .config = to_json_config(config),
                           .data = {{"bytes", text.size()}, {"checksum", text.checksum()}},
                           .stream = windows,
                           .num_classes = kNumBytes,
                           .steps = config.steps,
                           .make_model = [&] { return SequenceModel(config.model); },
                           .make_task =
                               [&](const Execution&, const std::filesystem::path& best_path, const TrainedModel&) {
                                 return std::make_unique<SequenceTask>(validation, config.batch_size, config.val_bytes,
                                                                       best_path);
                               },
                           .make_log =
                               [&](const RunFolder& folder, int64_t first_step, TrainObserver& next) {
                                 return std::make_unique<SequenceLog>(folder, first_step, config.model.context, next);
                               },
                           .place = [&](TrainProgress& progress) { place_in_epochs(config, progress); }};
  TrainResult result = run_training(run, out, observer, resume, stop);
  result.score_name = "bits_per_byte";
  return result;
}

}  // namespace multipole
