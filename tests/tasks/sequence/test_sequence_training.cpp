#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/files/safetensors.h"
#include "engine/runtime/training_error.h"
#include "tasks/sequence/sequence_file.h"
#include "tasks/sequence/sequence_sampler.h"
#include "tasks/sequence/sequence_training.h"
#include "tests/engine/training/resume_check.h"
#include "tests/support/newest_state.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

ByteText text_of(const std::string& text) { return ByteText(std::vector<uint8_t>(text.begin(), text.end())); }

std::string repeated(const std::string& word, int64_t times) {
  std::string text;
  for (int64_t i = 0; i < times; ++i) text += word;
  return text;
}

SequenceTrainConfig small_config(const std::string& attention) {
  SequenceTrainConfig config;
  config.model = {.context = 32,
                  .embed_dim = 32,
                  .depth = 1,
                  .num_heads = 2,
                  .mlp_ratio = 2,
                  .attention = {{"type", attention}, {"causal", true}}};
  config.steps = 60;
  config.batch_size = 8;
  config.eval_every = 30;
  config.optimizer = {{"type", "adamw"}, {"lr", 0.01}};
  return config;
}

TEST(ByteTextTest, WindowsCoverTheTextOnce) {
  const ByteText text = text_of("abcdefghijk");
  EXPECT_EQ(text.head(0.3).size(), 8);
  EXPECT_EQ(text.tail(0.3).size(), 3);
  std::string seen, next;
  for (int64_t first = 0; first < 4; ++first) {
    const auto windows = text.windows_from(first, 1, 4);
    if (!windows.inputs.defined()) break;
    for (int64_t i = 0; i < windows.inputs.size(1); ++i) {
      seen.push_back(static_cast<char>(windows.inputs[0][i].item<int64_t>()));
      next.push_back(static_cast<char>(windows.targets[0][i].item<int64_t>()));
    }
  }
  EXPECT_EQ(seen, "abcdefghij");
  EXPECT_EQ(next, "bcdefghijk");
  EXPECT_EQ(text.windows_from(0, 9, 4).inputs.size(0), 2);
  EXPECT_THROW(text.random_windows(1, 11), InputError);
  const auto random = text.random_windows(20, 10);
  EXPECT_TRUE(random.inputs.slice(1, 1).equal(random.targets.slice(1, 0, 9)));
}

TEST(SequenceEvaluationTest, CountsEveryByteButTheFirst) {
  torch::manual_seed(1);
  SequenceModel model(small_config("full").model);
  const ByteText text = text_of(repeated("seven ", 30));
  const auto one = evaluate_sequence(model, text, 1), many = evaluate_sequence(model, text, 4);
  EXPECT_EQ(one.bytes, 179);
  EXPECT_EQ(many.bytes, 179);
  EXPECT_NEAR(one.bits_per_byte, many.bits_per_byte, 1e-4);
  EXPECT_NEAR(one.bits_per_byte, 8, 0.5);  // an untrained model knows nothing: log2 of 256 bytes
  EXPECT_TRUE(std::isnan(evaluate_sequence(model, text_of("x"), 4).bits_per_byte));
}

TEST(SequenceTrainingTest, LearnsARepeatingTextKeepsTheBestAndGoesOnWithIt) {
  for (const char* attention : {"multipole1d", "full"}) {
    const test::TemporaryFolder folder;
    const ByteText text = text_of(repeated("abcdefghijklmnopqrst", 120));
    std::vector<double> bits;
    const auto result =
        train_sequence(small_config(attention), text, folder / "run",
                       [&](const SequenceProgress& progress) { bits.push_back(progress.val_bits_per_byte); });
    EXPECT_EQ(result.num_steps, 60);
    ASSERT_EQ(bits.size(), 2u);
    EXPECT_LT(bits[1], 1.5) << attention;  // 20 bytes that repeat; what is left is each window's beginning
    EXPECT_EQ(result.best_bits_per_byte, std::min(bits[0], bits[1]));

    SequenceModel model = load_sequence_model(result.best_model);
    EXPECT_EQ(model->num_parameters(), result.num_parameters);
    EXPECT_NEAR(evaluate_sequence(model, text.tail(0.1), 8).bits_per_byte, result.best_bits_per_byte, 1e-4);
    EXPECT_EQ(sample_text(model, "abc", {.length = 5, .temperature = 0}), "defgh") << attention;
    const auto again = train_sequence(small_config(attention), text, folder / "run",
                                      [](const SequenceProgress& progress) { FAIL() << progress.step; });
    EXPECT_EQ(again.best_bits_per_byte, result.best_bits_per_byte);
    EXPECT_EQ(again.num_steps, 60);
  }
}

TEST(SequenceTrainingTest, GoesOnWhereItStoppedToTheSameBitsAndFurther) {
  const test::TemporaryFolder folder;
  const ByteText text = text_of(repeated("round and round ", 100));
  const auto train = [&](int64_t steps, const char* run, bool stopped = false) {
    auto config = small_config("full");
    config.steps = steps;
    config.eval_every = 5;
    std::atomic<bool> stop = stopped;
    return train_sequence(
        config, text, folder / run, [](const SequenceProgress&) {}, &stop);
  };
  train(10, "straight");
  EXPECT_EQ(train(10, "stopped", true).num_steps, 1);
  EXPECT_EQ(train(10, "stopped").num_steps, 10);
  for (const char* run : {"straight", "stopped"}) EXPECT_EQ(train(15, run).num_steps, 15);
  test::expect_same_tensors(test::newest_state(folder / "straight"), test::newest_state(folder / "stopped"));
  EXPECT_THROW(train(12, "straight"), ConfigError);
}

// A rate that throws the weights beyond all numbers: the model whose loss is NaN is never the best.
TEST(SequenceTrainingTest, ALossThatIsNoNumberIsNeverTheBest) {
  const test::TemporaryFolder folder;
  auto config = small_config("full");
  config.optimizer = {{"type", "adamw"}, {"lr", 3e38}};
  config.eval_every = 1;
  std::vector<SequenceProgress> seen;
  EXPECT_THROW(train_sequence(config, text_of(repeated("abcdefghij", 120)), folder / "run",
                              [&](const SequenceProgress& progress) { seen.push_back(progress); }),
               TrainingError);
  ASSERT_FALSE(seen.empty());
  EXPECT_FALSE(std::isfinite(seen.back().val_bits_per_byte)) << seen.back().val_bits_per_byte;
  EXPECT_FALSE(seen.back().is_best);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/best.safetensors"));
}

TEST(SequenceTrainingTest, StopsWithWhatItHas) {
  const test::TemporaryFolder folder;
  const std::atomic<bool> stop = true;
  const auto result = train_sequence(
      small_config("full"), text_of(repeated("stop now ", 100)), folder / "run", [](const SequenceProgress&) {}, &stop);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.num_steps, 1);
  EXPECT_TRUE(std::filesystem::exists(result.best_model));
}

TEST(SequenceFileTest, HoldsEveryDefaultOfItsAttention) {
  const test::TemporaryFolder folder;
  const SequenceModel model(small_config("multipole1d").model);
  save_sequence_model(folder / "m", *model, Json::object());
  const Json stored = parse_json(read_safetensors_header(folder / "m").metadata.at("multipole_sequence"), "m");
  for (const char* key : {"type", "group", "rank", "causal", "qkv_bias", "proj_drop"}) {
    EXPECT_TRUE(stored["model"]["attention"].contains(key)) << key;
  }
}

TEST(SequenceFileTest, IsNotBelievedAModelThatItDoesNotHold) {
  const test::TemporaryFolder folder;
  const SequenceModel model(small_config("full").model);
  for (const int64_t depth : {65536, 2000}) {
    save_sequence_model(folder / "m", *model, Json::object());
    Safetensors content = read_safetensors(folder / "m");
    Json metadata = parse_json(content.metadata.at("multipole_sequence"), "m");
    metadata["model"]["depth"] = depth;
    content.metadata["multipole_sequence"] = metadata.dump();
    write_safetensors(folder / "m", content);
    try {
      load_sequence_model(folder / "m");
      FAIL() << depth << " blocks";
    } catch (const ModelFileError& error) {
      EXPECT_NE(std::string(error.what()).find("million parameters"), std::string::npos) << error.what();
    }
  }
}

TEST(SequenceFileTest, RefusesOtherFiles) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "text", "no model");
  EXPECT_THROW(load_sequence_model(folder / "text"), ModelFileError);
}

}  // namespace
}  // namespace multipole
