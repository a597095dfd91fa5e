#include "engine/training/lr_range_test.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "backbone/config/fields.h"
#include "engine/training/freezing.h"
#include "engine/training/train_step.h"
#include "engine/training/weight_init.h"
#include "heads/metrics/shares.h"

namespace multipole {

namespace {

constexpr double kSmoothing = 0.9;    // share of the moving average that a step keeps
constexpr double kDivergence = 4;     // times the lowest loss
constexpr size_t kSettlingSteps = 5;  // whose average says little yet
constexpr size_t kSlopeReach = 2;     // points to either side that a slope is taken over

double slope_at(const std::vector<LrRangePoint>& points, size_t i) {
  const auto& before = points[i - kSlopeReach];
  const auto& after = points[i + kSlopeReach];
  return (after.smoothed - before.smoothed) / std::log(after.learning_rate / before.learning_rate);
}

// Batches of one epoch after the other.
class EndlessWindows {
 public:
  EndlessWindows(Loader& loader, int64_t accumulate) : loader_(loader), accumulate_(accumulate) {
    loader_.start_epoch(0);
  }

  std::vector<Batch> next() {
    std::vector<Batch> window;
    while (static_cast<int64_t>(window.size()) < accumulate_) {
      auto batch = loader_.next();
      if (!batch) {
        loader_.start_epoch(++epoch_);
        continue;
      }
      window.push_back(std::move(*batch));
    }
    return window;
  }

 private:
  Loader& loader_;
  int64_t accumulate_;
  int64_t epoch_ = 0;
};

bool has_diverged(const std::vector<LrRangePoint>& points) {
  if (!std::isfinite(points.back().loss)) return true;
  if (points.size() <= 2 * kSettlingSteps) return false;
  const auto judged = judge_lr_range(points).points;
  double lowest = judged[kSettlingSteps].smoothed;
  for (size_t i = kSettlingSteps; i < judged.size(); ++i) lowest = std::min(lowest, judged[i].smoothed);
  return judged.back().smoothed > kDivergence * lowest;
}

TrainPlan plan_of(const TrainingRun& run, const VisionModel& model, const Execution& execution, int64_t steps) {
  TrainPlan plan;
  plan.num_epochs = 1;
  plan.steps_per_epoch = steps;
  plan.train_samples = run.train_samples;
  plan.validation_samples = run.validation_samples;
  plan.num_classes = run.model.num_classes;
  plan.num_parameters = model->num_parameters();
  plan.device = execution.device.str();
  plan.precision = execution.precision_name();
  return plan;
}

}  // namespace

LrRange judge_lr_range(std::vector<LrRangePoint> points) {
  LrRange range;
  double average = 0, weight = 0;
  for (auto& point : points) {
    average = kSmoothing * average + (1 - kSmoothing) * point.loss;
    weight = kSmoothing * weight + (1 - kSmoothing);
    point.smoothed = average / weight;
  }
  range.points = std::move(points);
  if (range.points.size() <= 2 * kSettlingSteps) return range;
  const auto begin = range.points.begin() + kSettlingSteps;
  const auto lowest = std::min_element(
      begin, range.points.end(), [](const LrRangePoint& a, const LrRangePoint& b) { return a.smoothed < b.smoothed; });
  range.at_minimum = lowest->learning_rate;
  double steepest = 0;
  const auto last = static_cast<size_t>(lowest - range.points.begin());
  for (size_t i = kSettlingSteps; i < last && i + kSlopeReach < range.points.size(); ++i) {
    if (const double slope = slope_at(range.points, i); slope < steepest) {
      steepest = slope;
      range.suggested = range.points[i].learning_rate;
    }
  }
  return range;
}

Json lr_range_json(const LrRange& range) {
  Json points = Json::array();
  for (const auto& point : range.points) {
    points.push_back({{"lr", point.learning_rate}, {"loss", point.loss}, {"smoothed", point.smoothed}});
  }
  return {{"suggested", number_or_null(range.suggested)},
          {"at_minimum", number_or_null(range.at_minimum)},
          {"diverged", range.diverged},
          {"points", points}};
}

LrRange run_lr_range_test(const TrainingRun& run, const ResumeOptions& start, const LrRangeOptions& options,
                          TrainObserver& observer, const std::atomic<bool>* stop) {
  require(options.steps >= 10, "lr_range_test.steps", "must be at least 10", options.steps);
  require(options.lowest > 0 && options.lowest < options.highest, "lr_range_test.lowest",
          "must be above 0 and below the highest", options.lowest);
  const Execution execution = select_execution(run.train.device, run.train.precision, 0, kTrainDevice);
  torch::manual_seed(static_cast<uint64_t>(run.train.seed));
  VisionModel model(run.model);
  if (start.init_weights) {
    const auto report = initialize_weights(*model, *start.init_weights, run.metadata.classes, start.init_key_map);
    for (const auto& line : report.table()) observer.on_message(line);
  }
  model->to(execution.device);
  model->train();
  model->backbone()->set_gradient_checkpointing(run.train.gradient_checkpointing);
  Freezing(run.train.fine_tune, *model).apply(run.train.fine_tune.head_epochs);  // all that ever learns
  const auto task = run.make_task(execution, {}, run.metadata);
  TrainStep train_step(run.train, execution, model, VisionModel{nullptr}, *task);
  const double configured = train_step.optimizer().learning_rate();
  require(configured > 0, "train.optimizer.lr", "must be positive for a range test", configured);

  for (const auto& line : run.descriptions) observer.on_message(line);
  observer.on_start(plan_of(run, model, execution, options.steps));
  EndlessWindows windows(run.loader, run.train.accumulate);
  std::vector<LrRangePoint> points;
  bool diverged = false;
  const double growth = std::log(options.highest / options.lowest) / static_cast<double>(options.steps - 1);
  for (int64_t step = 0; step < options.steps && !diverged; ++step) {
    if (stop != nullptr && stop->load()) break;
    const auto start_time = std::chrono::steady_clock::now();
    const double rate = options.lowest * std::exp(growth * static_cast<double>(step));
    const auto outcome = train_step.run(windows.next(), rate / configured, step);
    if (outcome.samples == 0) continue;  // nothing of it could be read
    points.push_back({rate, outcome.loss, 0});
    StepReport report;
    report.step = report.step_in_epoch = step + 1;
    report.steps_per_epoch = options.steps;
    report.loss = outcome.loss;
    report.learning_rate = rate;
    report.gradient_norm = outcome.gradient_norm;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_time;
    report.images_per_second = static_cast<double>(outcome.samples) / std::max(seconds.count(), 1e-9);
    observer.on_step(report);
    diverged = !outcome.updated || has_diverged(points);
  }
  if (!points.empty() && !std::isfinite(points.back().loss)) points.pop_back();
  LrRange range = judge_lr_range(std::move(points));
  range.diverged = diverged;
  return range;
}

}  // namespace multipole
