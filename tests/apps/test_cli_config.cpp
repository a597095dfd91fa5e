// Every way in which a config can be wrong ends with exit code 2, the place and what is known there.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

struct BadConfig {
  std::string text;
  std::string message;
};

TEST(CliConfig, MistakesNameTheirPlace) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(test::draw_small_data((folder / "data").string()).exit_code, 0);
  const BadConfig cases[] = {
      {"", "config.json"},
      {"[]", "expected a JSON object"},
      {"{\"train\": {\"epochs\": 3,}}", "config.json"},
      {"{\"train\": {\"epochs\": 3}, \"train\": {}}", "'train' stands twice"},
      {"{\"train\": {\"clip_grad\": NaN}}", "config.json"},
      {"{\"train\": {\"clip_grad\": 1e999}}", "config.json"},
      {std::string("{\"a\":").append(100000, '[').append(100000, ']').append("}"), "nested deeper"},
      {"{\"train\": {\"epoch\": 3}}", "train.epoch: unknown key, did you mean 'epochs'?"},
      {"{\"train\": {\"epochs\": \"3\"}}", "train.epochs: expected a whole number"},
      {"{\"train\": {\"epochs\": 3.5}}", "train.epochs: expected a whole number"},
      {"{\"train\": {\"epochs\": -3}}", "train.epochs: must be at least 1"},
      {"{\"train\": {\"epochs\": 99999999999999999999}}", "train.epochs"},
      {"{\"train\": {\"optimizer\": {\"type\": \"adamv\"}}}", "train.optimizer"},
      {"\xff", "config.json"},
  };
  for (const auto& bad : cases) {
    test::write_text(folder / "config.json", bad.text);
    const auto result = test::run_multipole({"classify", "train", "--data", (folder / "data").string(), "--out",
                                             (folder / "run").string(), "--config", (folder / "config.json").string()});
    EXPECT_EQ(result.exit_code, 2) << bad.text.substr(0, 100) << "\n" << result.err;
    EXPECT_NE(result.err.find(bad.message), std::string::npos) << bad.text.substr(0, 100) << "\n" << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace multipole
