// `classify predict` with a model of random weights: formats, order, outputs, model errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::ProcessOptions;
using test::run_multipole;

class Predict : public ::testing::Test {
 protected:
  Predict() {
    test::write_random_model(folder_ / "model.safetensors", {"cat", "dog", "a, \"b\""});
    std::filesystem::create_directory(folder_ / "photos");
    for (int i = 0; i < 5; ++i) {
      write_bytes(photo(i), encode_png(torch::randint(0, 256, {20 + 9 * i, 41}, torch::kUInt8)
                                           .unsqueeze(2)
                                           .expand({20 + 9 * i, 41, 3})
                                           .contiguous()));
    }
  }

  std::filesystem::path photo(int i) { return folder_ / "photos" / (std::to_string(i) + ".png"); }

  test::ProcessResult predict(std::vector<std::string> words, const ProcessOptions& options = {}) {
    const std::vector<std::string> start = {"classify", "predict", "--model", (folder_ / "model.safetensors").string(),
                                            "--device", "cpu"};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words, options);
  }

  std::vector<Json> json_lines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line, "line"));
    return lines;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Predict, JsonInInputOrderForAnyBatchSizeAndWorkers) {
  const std::string photos = (folder_ / "photos").string();
  const auto result = predict({"--format", "json", "--precision", "float32", photos});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = json_lines(result.out);
  ASSERT_EQ(lines.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    const Json& line = lines[static_cast<size_t>(i)];
    EXPECT_EQ(line["path"], photo(i).string());
    ASSERT_EQ(line["predictions"].size(), 3u);
    double sum = 0;
    for (const auto& prediction : line["predictions"]) sum += prediction["probability"].get<double>();
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  const auto in_twos =
      predict({"--format", "json", "--precision", "float32", "--batch-size", "2", "--workers", "3", photos});
  const auto others = json_lines(in_twos.out);
  ASSERT_EQ(others.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(others[i]["path"], lines[i]["path"]);
    EXPECT_NEAR(others[i]["predictions"][0]["probability"].get<double>(),
                lines[i]["predictions"][0]["probability"].get<double>(), 2e-5);
  }
}

TEST_F(Predict, TextAndCsv) {
  const auto text = predict({"--top-k", "1", photo(0).string()});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.out.rfind(photo(0).string() + ": ", 0), 0u) << text.out;
  const auto csv = predict({"--format", "csv", "--top-k", "2", photo(0).string(), photo(1).string()});
  EXPECT_EQ(csv.exit_code, 0);
  EXPECT_EQ(csv.out.rfind("path,rank,class,index,probability,error\n", 0), 0u);
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 5);
}

TEST_F(Predict, FilesListsAndGlobs) {
  const std::string a = photo(3).string(), b = photo(1).string();
  ProcessOptions options;
  options.input = a + "\n\n" + b + "\n";
  const auto from_list = predict({"--format", "json", "-"}, options);
  EXPECT_EQ(from_list.exit_code, 0) << from_list.err;
  EXPECT_EQ(from_list.out, predict({"--format", "json", a, b}).out);
  const auto from_glob = predict({"--format", "json", (folder_ / "photos" / "[13].png").string()});
  EXPECT_EQ(json_lines(from_glob.out).size(), 2u);
}

TEST_F(Predict, OutWritesTheSameAtOnce) {
  const auto direct = predict({"--format", "json", photo(0).string()});
  const auto to_file = predict({"--format", "json", "--out", (folder_ / "r.jsonl").string(), photo(0).string()});
  EXPECT_EQ(to_file.exit_code, 0);
  EXPECT_EQ(to_file.out, "");
  EXPECT_EQ(test::read_text(folder_ / "r.jsonl"), direct.out);
  EXPECT_EQ(predict({"--out", (folder_ / "absent" / "r").string(), photo(0).string()}).exit_code, 2);
}

TEST_F(Predict, AReaderThatGoesAwayIsNoFailure) {
  ProcessOptions options;
  options.broken_pipe = true;
  const auto result = predict({(folder_ / "photos").string()}, options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(Predict, SaysWhichPrecisionItUses) {
  const auto probability = [&](const std::string& precision) {
    const auto result = predict({"--format", "json", "--precision", precision, photo(0).string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.err.find("computing in " + precision), std::string::npos) << result.err;
    return json_lines(result.out)[0]["predictions"][0]["probability"].get<double>();
  };
  EXPECT_NEAR(probability("bfloat16"), probability("float32"), 0.02);
  EXPECT_NE(predict({photo(0).string()}).err.find("computing in "), std::string::npos);
  EXPECT_EQ(predict({"--precision", "float8", photo(0).string()}).exit_code, 2);
}

// Which of the two it is goes by the clock; the answers are those of the one that is named.
TEST_F(Predict, ChoosesThePrecisionWhereThereIsMuchToDo) {
  const auto said = [](const test::ProcessResult& result) {
    return std::string(result.err.find("computing in bfloat16") == result.err.npos ? "float32" : "bfloat16");
  };
  const auto few = predict({photo(0).string()});
  EXPECT_NE(few.err.find("computing in float32\n"), std::string::npos) << few.err;
  std::vector<std::string> many(200, photo(0).string());
  const std::vector<std::string> one_at_a_time = {"--batch-size", "1", "--threads", "1"};
  many.insert(many.end(), one_at_a_time.begin(), one_at_a_time.end());
  const auto chosen = predict(many);
  EXPECT_EQ(chosen.exit_code, 0) << chosen.err;
  EXPECT_NE(chosen.err.find("computing in " + said(chosen)), std::string::npos) << chosen.err;
  many.push_back("--precision");
  many.push_back(said(chosen));
  EXPECT_EQ(predict(many).out, chosen.out);
}

TEST_F(Predict, NumbersHaveAPointInEveryLocale) {
  ProcessOptions options;
  options.environment = {{"LC_ALL", "de_DE.UTF-8"}, {"LC_NUMERIC", "de_DE.UTF-8"}};
  EXPECT_EQ(predict({"--format", "csv", photo(2).string()}, options).out,
            predict({"--format", "csv", photo(2).string()}).out);
}

TEST_F(Predict, UnusableModels) {
  const std::string whole = test::read_text(folder_ / "model.safetensors");
  const auto code = [&](const std::string& bytes) {
    test::write_text(folder_ / "model.safetensors", bytes);
    const auto result = predict({photo(0).string()});
    EXPECT_NE(result.err.find("model.safetensors"), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
    return result.exit_code;
  };
  EXPECT_EQ(code(whole.substr(0, whole.size() - 1)), 5);
  EXPECT_EQ(code(whole.substr(0, 100)), 5);
  EXPECT_EQ(code(""), 5);
  EXPECT_EQ(code("<html>not found</html>"), 5);
  std::string flipped = whole;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(code(flipped), 5);
  std::filesystem::remove(folder_ / "model.safetensors");
  EXPECT_EQ(predict({photo(0).string()}).exit_code, 5);
}

}  // namespace
}  // namespace multipole
