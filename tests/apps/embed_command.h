// `embed` on a model of random weights and a folder of five pictures.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/safetensors.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

using Words = std::vector<std::string>;

class EmbedCommand : public ::testing::Test {
 protected:
  EmbedCommand() {
    write_random_model(folder_ / "model.safetensors", {"cat", "dog"});
    std::filesystem::create_directory(folder_ / "photos");
    for (int i = 0; i < 5; ++i) {
      // few large patches of colour, so that vectors of different pictures differ
      const auto patches = torch::randint(0, 256, {2 + i, 3, 3}, torch::kUInt8);
      write_bytes(photo(i), encode_png(patches.repeat_interleave(20, 0).repeat_interleave(20, 1).contiguous()));
    }
  }

  std::filesystem::path photo(int i) const { return folder_ / "photos" / (std::to_string(i) + ".png"); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string photos() const { return path("photos"); }
  void write_bad() const { write_text(folder_ / "photos" / "2b.png", "no picture"); }

  ProcessResult embed(const Words& more, const std::string& model = "model.safetensors") const {
    Words words = {"embed", path(model), "--device", "cpu", "--precision", "float32", "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }

  Safetensors embedded(const Words& more, const std::string& model = "model.safetensors") const {
    Words words = more;
    words.insert(words.end(), {"--out", path("out.safetensors")});
    const auto result = embed(words, model);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_safetensors(folder_ / "out.safetensors");
  }

  static std::vector<Json> json_lines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line, "line"));
    return lines;
  }

  const TemporaryFolder folder_;
};

}  // namespace multipole::test
