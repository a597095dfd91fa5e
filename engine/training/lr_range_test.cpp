#include "engine/training/lr_range_test.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/fields.h"
#include "engine/training/trial_training.h"
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

bool has_diverged(const std::vector<LrRangePoint>& points) {
  if (!std::isfinite(points.back().loss)) return true;
  if (points.size() <= 2 * kSettlingSteps) return false;
  const auto judged = judge_lr_range(points).points;
  double lowest = judged[kSettlingSteps].smoothed;
  for (size_t i = kSettlingSteps; i < judged.size(); ++i) lowest = std::min(lowest, judged[i].smoothed);
  return judged.back().smoothed > kDivergence * lowest;
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
  TrialTraining trial(run, start, observer);
  const double configured = trial.learning_rate();
  require(configured > 0, "train.optimizer.lr", "must be positive for a range test", configured);

  for (const auto& line : run.descriptions) observer.on_message(line);
  observer.on_start(trial.plan(options.steps));
  std::vector<LrRangePoint> points;
  bool diverged = false;
  const double growth = std::log(options.highest / options.lowest) / static_cast<double>(options.steps - 1);
  for (int64_t step = 0; step < options.steps && !diverged; ++step) {
    if (stop != nullptr && stop->load()) break;
    const auto start_time = std::chrono::steady_clock::now();
    const double rate = options.lowest * std::exp(growth * static_cast<double>(step));
    const auto outcome = trial.step(rate / configured);
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
