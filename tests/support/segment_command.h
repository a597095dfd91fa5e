// `segment predict` with a model of random weights, as tests run it.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

inline torch::Tensor noise(int64_t height, int64_t width) {
  return torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
}

// A folder with the model, the pictures that a test writes, and out/.
class SegmentCommand : public ::testing::Test {
 protected:
  SegmentCommand() { write_random_segmenter(model(), {"sky", "road", "a \"tree\""}); }

  std::filesystem::path model() const { return folder_ / "model.safetensors"; }
  std::filesystem::path out(const std::string& name) const { return folder_ / "out" / name; }

  std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all = {"segment", "predict",   "--model", model().string(), "--device",
                                    "cpu",     "--threads", "1",       "--out",          (folder_ / "out").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProcessResult predict(const std::vector<std::string>& more) const { return run_multipole(words(more)); }

  std::vector<Json> results() const {
    std::vector<Json> lines;
    std::istringstream stream(read_text(out("results.jsonl")));
    for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line, "line"));
    return lines;
  }

  // Files below the output folder, temporaries included.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out")) {
      if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(folder_ / "out").string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // Ids from the colours that write_random_segmenter() gives.
  torch::Tensor map_ids(const std::string& name) const {
    const auto colors = read_image(out(name));
    EXPECT_TRUE(colors.select(2, 2).eq(255).all().item<bool>()) << name;
    return colors.select(2, 0).div(10, "trunc");
  }

  TemporaryFolder folder_;
};

}  // namespace multipole::test
