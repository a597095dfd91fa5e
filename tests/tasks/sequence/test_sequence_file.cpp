#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/error.h"
#include "engine/files/safetensors.h"
#include "tasks/sequence/sequence_evaluation.h"
#include "tasks/sequence/sequence_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/sequence/small_text.h"

namespace multipole {
namespace {

using test::repeated;
using test::small_config;
using test::text_of;

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
