#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/files/train_state.h"
#include "engine/runtime/training_error.h"
#include "tasks/sequence/sequence_evaluation.h"
#include "tasks/sequence/sequence_file.h"
#include "tasks/sequence/sequence_sampler.h"
#include "tasks/sequence/sequence_training.h"
#include "tests/engine/training/resume_check.h"
#include "tests/support/newest_state.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/sequence/small_text.h"

namespace multipole {
namespace {

using test::repeated;
using test::small_config;
using test::text_of;

TrainResult train_sequence(const SequenceTrainConfig& config, const ByteText& text, const std::filesystem::path& run,
                           TrainObserver& observer, const std::atomic<bool>* stop = nullptr) {
  return train_opened(*open_sequence_training(config, text), run, observer, {}, stop);
}

// What a training tells of its evaluations; stops it after a step.
struct EvaluationRecorder : TrainObserver {
  std::vector<EpochReport> evaluations;
  std::vector<std::string> messages;
  int64_t num_parameters = 0;
  int64_t stop_after = -1;
  std::atomic<bool> stop = false;

  void on_start(const TrainPlan& plan) override { num_parameters = plan.num_parameters; }
  void on_step(const StepReport& report) override { stop = stop || report.step == stop_after; }
  void on_epoch_end(const EpochReport& report) override { evaluations.push_back(report); }
  void on_message(const std::string& message) override { messages.push_back(message); }

  std::vector<double> bits() const {
    std::vector<double> all;
    for (const auto& report : evaluations) all.push_back(report.metrics["bits_per_byte"]);
    return all;
  }
};

// To `run`, of `steps` steps with an evaluation every five. With the constant schedule a run has the rates of a longer
// one.
TrainResult train_on_rounds(int64_t steps, const std::filesystem::path& run, EvaluationRecorder& recorder,
                            const char* schedule = "constant") {
  auto config = small_config("full");
  config.steps = steps;
  config.eval_every = 5;
  config.schedule.type = schedule;
  return train_sequence(config, text_of(repeated("round and round ", 100)), run, recorder, &recorder.stop);
}

int64_t train_on_rounds(int64_t steps, const std::filesystem::path& run, int64_t stop_after = -1,
                        const char* schedule = "constant") {
  EvaluationRecorder recorder;
  recorder.stop_after = stop_after;
  return train_on_rounds(steps, run, recorder, schedule).num_steps;
}

TEST(SequenceTrainingTest, LearnsARepeatingTextKeepsTheBestAndGoesOnWithIt) {
  for (const char* attention : {"multipole1d", "full"}) {
    const test::TemporaryFolder folder;
    const ByteText text = text_of(repeated("abcdefghijklmnopqrst", 120));
    EvaluationRecorder recorder;
    const auto result = train_sequence(small_config(attention), text, folder / "run", recorder);
    EXPECT_EQ(result.num_steps, 60);
    const auto bits = recorder.bits();
    ASSERT_EQ(bits.size(), 2u);
    EXPECT_LT(bits[1], 1.5) << attention;  // 20 bytes that repeat; what is left is each window's beginning
    EXPECT_EQ(-result.best_score, std::min(bits[0], bits[1]));

    SequenceModel model = load_sequence_model(result.best_model);
    EXPECT_EQ(model->num_parameters(), recorder.num_parameters);
    EXPECT_NEAR(evaluate_sequence(model, text.tail(0.1), 8).bits_per_byte, -result.best_score, 1e-4);
    EXPECT_EQ(sample_text(model, "abc", {.length = 5, .temperature = 0}), "defgh") << attention;
    const auto again = train_sequence(small_config(attention), text, folder / "run", recorder);
    EXPECT_EQ(recorder.evaluations.size(), 2u) << "a run that is finished evaluates nothing";
    EXPECT_EQ(again.best_score, result.best_score);
    EXPECT_EQ(again.num_steps, 60);
  }
}

TEST(SequenceTrainingTest, GoesOnWhereItStoppedToTheSameBitsAndFurther) {
  const test::TemporaryFolder folder;
  const auto train = [&](int64_t steps, const char* run, int64_t stop_after = -1) {
    return train_on_rounds(steps, folder / run, stop_after, "cosine");
  };
  train(10, "straight");
  EXPECT_EQ(train(10, "stopped", 1), 1);
  EXPECT_EQ(train(10, "stopped"), 10);
  for (const char* run : {"straight", "stopped"}) EXPECT_EQ(train(15, run), 15);
  test::expect_same_tensors(test::newest_state(folder / "straight"), test::newest_state(folder / "stopped"));
  EXPECT_THROW(train(12, "straight"), ConfigError);
}

TEST(SequenceTrainingTest, AStopAtAnyStepAndARunCutShortChangeNoBit) {
  const test::TemporaryFolder folder;
  train_on_rounds(13, folder / "straight");
  const int64_t first = test::random_int(1, 12), second = test::random_int(first + 1, 13);
  EXPECT_EQ(train_on_rounds(13, folder / "stopped", first), first);
  EXPECT_EQ(train_on_rounds(13, folder / "stopped", second), second);
  train_on_rounds(13, folder / "stopped");
  train_on_rounds(7, folder / "longer");
  EvaluationRecorder recorder;
  EXPECT_EQ(train_on_rounds(13, folder / "longer", recorder).num_steps, 13);
  std::vector<int64_t> steps;
  for (const auto& report : recorder.evaluations) steps.push_back(report.step);
  EXPECT_EQ(steps, (std::vector<int64_t>{10, 13}));
  for (const char* run : {"stopped", "longer"}) {
    SCOPED_TRACE(std::string(run) + " " + std::to_string(first) + " " + std::to_string(second));
    test::expect_same_tensors(test::newest_state(folder / "straight"), test::newest_state(folder / run));
  }
}

// They counted steps alone and held the fewest bits as the best score.
TEST(SequenceTrainingTest, StatesOfEarlierVersionsGoOn) {
  const test::TemporaryFolder folder;
  train_on_rounds(13, folder / "straight");
  for (const int64_t before : {7, 13}) {
    const auto run = folder / std::to_string(before);
    train_on_rounds(before, run);
    auto state = *load_train_state(run / "last", [](const std::string&) {});
    const double best_bits = -state.progress.best_score.value();
    state.progress = {};
    state.progress.step = before;
    state.progress.best_score = best_bits;
    state.build.erase("precision");
    save_train_state(run / "last", state);
    EvaluationRecorder recorder;
    const auto result = train_on_rounds(13, run, recorder);
    EXPECT_EQ(result.num_steps, 13);
    EXPECT_EQ(recorder.evaluations.size(), before == 7 ? 2u : 0u);
    double fewest = best_bits;
    for (const double bits : recorder.bits()) fewest = std::min(fewest, bits);
    EXPECT_EQ(-result.best_score, fewest);
    test::expect_same_tensors(test::newest_state(folder / "straight"), test::newest_state(run));
  }
}

TEST(SequenceTrainingTest, LogsItsEvaluationsUnderTheKeysOfThatTask) {
  const test::TemporaryFolder folder;
  EvaluationRecorder recorder;
  train_on_rounds(7, folder / "run", recorder);
  std::istringstream lines(test::read_text(folder / "run/metrics.jsonl"));
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json entry = parse_json(line, "metrics.jsonl");
    ASSERT_LT(count, recorder.evaluations.size());
    const EpochReport& report = recorder.evaluations[count];
    EXPECT_EQ(entry.size(), 4u);
    EXPECT_EQ(entry["step"], report.step);
    EXPECT_EQ(entry["train_bits_per_byte"], report.train_loss);
    EXPECT_EQ(entry["val_bits_per_byte"], report.metrics["bits_per_byte"]);
    EXPECT_GT(entry["bytes_per_second"].get<double>(), 0);
  }
  EXPECT_EQ(count, 2u);
}

// A rate that throws the weights beyond all numbers: the model whose loss is NaN is never the best.
TEST(SequenceTrainingTest, ALossThatIsNoNumberIsNeverTheBest) {
  const test::TemporaryFolder folder;
  auto config = small_config("full");
  config.optimizer = {{"type", "adamw"}, {"lr", 3e38}};
  config.eval_every = 1;
  EvaluationRecorder recorder;
  EXPECT_THROW(train_sequence(config, text_of(repeated("abcdefghij", 120)), folder / "run", recorder), TrainingError);
  const auto& seen = recorder.evaluations;
  ASSERT_FALSE(seen.empty());
  EXPECT_FALSE(std::isfinite(recorder.bits().back())) << recorder.bits().back();
  EXPECT_FALSE(seen.back().is_best);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/best.safetensors"));
}

TEST(SequenceTrainingTest, StopsWithWhatItHas) {
  const test::TemporaryFolder folder;
  EvaluationRecorder recorder;
  recorder.stop_after = 1;
  const auto result = train_sequence(small_config("full"), text_of(repeated("stop now ", 100)), folder / "run",
                                     recorder, &recorder.stop);
  EXPECT_EQ(result.stop_reason, StopReason::kStopToken);
  EXPECT_EQ(result.num_steps, 1);
  EXPECT_TRUE(std::filesystem::exists(result.best_model));
}

}  // namespace
}  // namespace multipole
