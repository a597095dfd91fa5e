#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "engine/files/safetensors.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

TEST(Inspect, SaysWhatAModelHolds) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "m.safetensors").string();
  test::write_random_model(path, {"cat", "dog", "owl"});
  const auto text = run_multipole({"inspect", path});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  for (const char* word : {"classification", "multipole_nano", "multipole2d", "\"owl\"", "image_size", "parameters"}) {
    EXPECT_NE(text.out.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(text.out.find("backbone.stem"), std::string::npos);
  EXPECT_NE(run_multipole({"inspect", "--tensors", path}).out.find("backbone."), std::string::npos);

  const Json json = parse_json(run_multipole({"inspect", "--json", path}).out, "inspect");
  EXPECT_EQ(json["task"], "classification");
  EXPECT_EQ(json["classes"].size(), 3u);
  int64_t weights = 0;
  for (const auto& tensor : json["tensors"]) {
    int64_t count = 1;
    for (const auto& dim : tensor["shape"]) count *= dim.get<int64_t>();
    weights += count;
  }
  EXPECT_EQ(json["parameters"], weights);
}

// Exit code 5 and `words` for a model file whose backbone's config claims `depths`.
void expect_refused_depths(const Json& depths, const std::string& words) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "m.safetensors").string();
  test::write_random_model(path, {"cat", "dog", "owl"});
  Safetensors content = read_safetensors(path);
  Json metadata = parse_json(content.metadata.at("multipole"), path);
  metadata["architecture"]["backbone"]["depths"] = depths;
  content.metadata = {{"multipole", metadata.dump()}};
  write_safetensors(path, content);
  const auto result = run_multipole({"inspect", path});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
}

TEST(Inspect, AFileIsNotBelievedAModelThatItDoesNotHold) {
  expect_refused_depths({65536, 2, 2, 1}, "GiB");
  expect_refused_depths({1, 1, 1, 9000}, "million parameters, and the file holds 0.0");
}

TEST(Inspect, DrawsWhatATokenAttendsTo) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "a.svg").string();
  const auto result =
      run_multipole({"inspect", "--attention", "16x24", "--cell", "2", "--token", "3,20", "--out", path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string svg = test::read_text(path);
  EXPECT_EQ(svg.rfind("<svg ", 0), 0u);
  EXPECT_NE(svg.find("token (3, 20) of a 16 x 24 grid"), std::string::npos);
  EXPECT_EQ(run_multipole({"inspect", "--attention", "16x24", "--cell", "2", "--token", "3,20"}).out, svg);
}

TEST(Inspect, WrongUsage) {
  EXPECT_EQ(run_multipole({"inspect"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"inspect", "--attention", "16"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"inspect", "--attention", "16x-3"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"inspect", "--attention", "16x16", "--token", "16,0"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"inspect", "m.safetensors", "--attention", "16x16"}).exit_code, 2);
  EXPECT_EQ(run_multipole({"inspect", "absent.safetensors"}).exit_code, 5);
}

}  // namespace
}  // namespace multipole
