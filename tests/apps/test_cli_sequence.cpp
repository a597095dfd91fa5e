// The three commands on a text of one phrase.
#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

TEST(Sequence, TrainsScoresAndSamples) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 80; ++i) text += "round and round ";
  test::write_text(folder / "text", text);
  const std::string input = (folder / "text").string(), run = (folder / "run").string();
  const auto trained = run_multipole({"sequence", "train", "--text", input, "--out", run, "--set", "steps=6", "--set",
                                      "eval_every=3", "--set", "model={\"context\":64,\"embed_dim\":16,\"depth\":1}"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.err.find("step 6/6"), std::string::npos) << trained.err;
  EXPECT_NE(trained.out.find("bits a byte"), std::string::npos) << trained.out;
  const std::string model = run + "/best.safetensors";
  const auto scored = run_multipole({"sequence", "eval", "--model", model, "--text", input, "--json"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(parse_json(scored.out, "eval")["bytes"], 1279);
  const auto sampled = run_multipole({"sequence", "sample", "--model", model, "--prompt", "round", "--length", "7"});
  ASSERT_EQ(sampled.exit_code, 0) << sampled.err;
  EXPECT_EQ(sampled.out.rfind("round", 0), 0u);
  EXPECT_EQ(sampled.out.size(), 13u);
}

TEST(Sequence, MistakesAreUsageAndInputErrors) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "text", "short");
  const std::string input = (folder / "text").string(), run = (folder / "run").string();
  EXPECT_EQ(run_multipole({"sequence", "train", "--text", input, "--out", run}).exit_code, 3);
  const auto vision = run_multipole(
      {"sequence", "train", "--text", input, "--out", run + "2", "--set", "model.attention.type=multipole2d"});
  EXPECT_EQ(vision.exit_code, 2);
  EXPECT_EQ(run_multipole({"sequence", "eval", "--model", input, "--text", input}).exit_code, 5);
}

}  // namespace
}  // namespace multipole
