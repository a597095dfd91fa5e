// `multipole import` on a folder that a test writes.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/safetensors.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

using Weights = std::map<std::string, torch::Tensor>;

// Of a ViT of 16 x 16 pixels and three classes.
inline Json timm_config() {
  return {{"architecture", "vit_tiny_patch8_16"},
          {"num_classes", 3},
          {"global_pool", "token"},
          {"label_names", {"cat", "dog", "owl"}},
          {"pretrained_cfg",
           {{"input_size", {3, 16, 16}},
            {"interpolation", "bicubic"},
            {"crop_pct", 0.9},
            {"mean", {0.5, 0.4, 0.3}},
            {"std", {0.2, 0.3, 0.4}}}}};
}

class ImportFolder : public testing::Test {
 protected:
  void write(const Json& config, const Weights& weights, const std::string& file = "model.safetensors") {
    write_text(folder_ / "config.json", config.dump());
    write_safetensors(folder_ / file, {.tensors = weights, .metadata = {{"format", "pt"}}});
  }

  ProcessResult run_import() { return run_multipole({"import", folder_.path().string(), "--out", model()}); }

  // Exit code 5, these words, and no file.
  void expect_refused(const std::vector<std::string>& words) {
    const auto result = run_import();
    EXPECT_EQ(result.exit_code, 5) << result.err;
    for (const auto& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << word << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(model()));
  }

  std::string model() const { return (folder_ / "imported.safetensors").string(); }

  const TemporaryFolder folder_;
};

}  // namespace multipole::test
