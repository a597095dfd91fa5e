#include "tasks/sequence/sequence_training.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <optional>

#include "backbone/attention/mechanisms/registry.h"
#include "engine/files/metrics_log.h"
#include "engine/files/run_folder.h"
#include "engine/optimizers/gradient_clip.h"
#include "engine/optimizers/registry.h"
#include "engine/optimizers/schedule.h"
#include "engine/runtime/training_error.h"
#include "engine/training/improvement.h"
#include "tasks/sequence/sequence_file.h"

namespace multipole {
namespace {

using Clock = std::chrono::steady_clock;

// In bits: (B, n, 256) logits against (B, n) bytes.
torch::Tensor mean_bits(const torch::Tensor& logits, const torch::Tensor& targets) {
  return torch::cross_entropy_loss(logits.flatten(0, 1), targets.flatten()) / std::numbers::ln2;
}

class SequenceTraining {
 public:
  SequenceTraining(const SequenceTrainConfig& config, const ByteText& text, const std::filesystem::path& out,
                   const std::function<void(const SequenceProgress&)>& report, const SequenceResume& resume)
      : config_(resolved(config)),
        train_(text.head(config.val_fraction)),
        validation_(text.tail(config.val_fraction)),
        run_(out),
        resolved_(to_json_config(config_)),
        state_(run_, resolved_, text),
        report_(report),
        schedule_(config.schedule, config.steps, config.eval_every) {
    const auto saved = state_.find(resume);
    torch::manual_seed(config.seed);
    model_ = SequenceModel(config.model);
    optimizer_ =
        make_optimizer(config_.optimizer, make_optimizer_groups(*model_, model_->no_weight_decay()), "optimizer");
    result_.num_parameters = model_->num_parameters();
    result_.best_bits_per_byte = std::numeric_limits<double>::quiet_NaN();
    if (saved) go_on_from(*saved);
    run_.write_config(resolved_);
    log_.emplace(run_.metrics_path(), result_.num_steps);
  }

  SequenceTrainResult run(const std::atomic<bool>* stop) {
    since_ = Clock::now();
    while (result_.num_steps < config_.steps && !result_.stopped) {
      step();
      result_.stopped = stop != nullptr && stop->load();
      const bool is_due = result_.num_steps % config_.eval_every == 0 || result_.num_steps == config_.steps;
      if (is_due || result_.stopped) {
        evaluate();
        save();
      }
    }
    return result_;
  }

 private:
  static SequenceTrainConfig resolved(SequenceTrainConfig config) {
    config.model.attention = resolve_attention_config(config.model.attention, "model.attention");
    config.optimizer = resolve_optimizer_config(config.optimizer, "optimizer");
    return config;
  }

  void go_on_from(const TrainState& saved) {
    SequenceState::restore(saved, model_, *optimizer_);
    result_.num_steps = saved.progress.step;
    if (!saved.progress.best_score) return;
    best_score_ = -*saved.progress.best_score;
    result_.best_bits_per_byte = *saved.progress.best_score;
    result_.best_model = run_.best_path();
  }

  void save() const {
    TrainProgress progress;
    progress.step = result_.num_steps;
    if (!std::isnan(result_.best_bits_per_byte)) progress.best_score = result_.best_bits_per_byte;
    state_.save(model_, *optimizer_, progress);
  }

  void step() {
    model_->train();
    const auto windows = train_.random_windows(config_.batch_size, config_.model.context);
    const auto loss = mean_bits(model_->forward(windows.inputs), windows.targets);
    const auto value = loss.item<double>();
    require_finite("loss", value);
    loss.backward();
    require_finite("gradient's norm", clip_gradients(model_->parameters(), config_.clip_grad));
    optimizer_->step(schedule_.factor(result_.num_steps));
    for (auto& parameter : model_->parameters()) parameter.mutable_grad().reset();
    sum_bits_ += value;
    ++steps_since_;
    ++result_.num_steps;
  }

  void require_finite(const std::string& what, double value) const {
    if (std::isfinite(value)) return;
    throw TrainingError("step " + std::to_string(result_.num_steps + 1) + ": the " + what + " is " +
                        std::to_string(value) + "; lower the learning rate");
  }

  void evaluate() {
    SequenceProgress progress;
    progress.step = result_.num_steps;
    progress.train_bits_per_byte = sum_bits_ / static_cast<double>(steps_since_);
    const double seconds = std::chrono::duration<double>(Clock::now() - since_).count();
    progress.bytes_per_second =
        static_cast<double>(steps_since_ * config_.batch_size * config_.model.context) / std::max(seconds, 1e-9);
    progress.val_bits_per_byte =
        evaluate_sequence(model_, validation_, config_.batch_size, config_.val_bytes).bits_per_byte;
    // fewer bits are better
    progress.is_best = is_improvement(-progress.val_bits_per_byte, best_score_);
    log_->append({{"step", progress.step},
                  {"train_bits_per_byte", progress.train_bits_per_byte},
                  {"val_bits_per_byte", progress.val_bits_per_byte},
                  {"bytes_per_second", progress.bytes_per_second}});
    if (progress.is_best) {
      best_score_ = -progress.val_bits_per_byte;
      result_.best_bits_per_byte = progress.val_bits_per_byte;
      result_.best_model = run_.best_path();
      save_sequence_model(run_.best_path(), *model_,
                          {{"step", progress.step}, {"val_bits_per_byte", progress.val_bits_per_byte}});
    }
    report_(progress);
    sum_bits_ = 0;
    steps_since_ = 0;
    since_ = Clock::now();
  }

  SequenceTrainConfig config_;
  ByteText train_, validation_;
  RunFolder run_;
  Json resolved_;  // config_
  SequenceState state_;
  const std::function<void(const SequenceProgress&)>& report_;
  Schedule schedule_;
  SequenceModel model_{nullptr};
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<MetricsLog> log_;
  SequenceTrainResult result_;
  Clock::time_point since_;
  std::optional<double> best_score_;
  double sum_bits_ = 0;
  int64_t steps_since_ = 0;
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

SequenceEvaluation evaluate_sequence(SequenceModel& model, const ByteText& text, int64_t batch_size,
                                     int64_t most_bytes) {
  torch::NoGradGuard no_grad;
  model->eval();
  SequenceEvaluation evaluation;
  double bits = 0;
  for (int64_t first = 0; most_bytes == 0 || evaluation.bytes < most_bytes; first += batch_size) {
    const auto windows = text.windows_from(first, batch_size, model->config().context);
    if (!windows.inputs.defined()) break;
    const auto count = windows.targets.numel();
    bits += mean_bits(model->forward(windows.inputs), windows.targets).item<double>() * static_cast<double>(count);
    evaluation.bytes += count;
    // fewer windows than asked for are the last whole ones: what follows them is the rest
    if (windows.inputs.size(0) < batch_size) first += windows.inputs.size(0) - batch_size;
  }
  evaluation.bits_per_byte =
      evaluation.bytes > 0 ? bits / static_cast<double>(evaluation.bytes) : std::numeric_limits<double>::quiet_NaN();
  return evaluation;
}

SequenceTrainResult train_sequence(const SequenceTrainConfig& config, const ByteText& text,
                                   const std::filesystem::path& out,
                                   const std::function<void(const SequenceProgress&)>& report,
                                   const std::atomic<bool>* stop, const SequenceResume& resume) {
  return SequenceTraining(config, text, out, report, resume).run(stop);
}

}  // namespace multipole
