// The shipped models are what they were: every value of their architecture stands in the file, and no weight changes.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/checksum.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"

namespace multipole {
namespace {

// Of the names and bytes of all weights as they are stored.
std::string weights_checksum(const std::filesystem::path& path) {
  Checksum checksum;
  for (const auto& [name, tensor] : read_safetensors(path).tensors) {
    checksum.add(name.data(), name.size() + 1);
    checksum.add(tensor.data_ptr(), tensor.nbytes());
  }
  return checksum_text(checksum.value());
}

const std::map<std::string, std::string>& weights_of_models() {
  static const std::map<std::string, std::string> checksums = {
      {"multipole_nano_camvid.safetensors", "2282eca69610c35c"},
      {"multipole_nano_cifar10.safetensors", "f173bc77e102c0ef"},
      {"multipole_nano_fused_tiny_imagenet.safetensors", "bb31b484890def4d"},
      {"multipole_nano_tiny_imagenet.safetensors", "38aeb96c71c8be90"},
  };
  return checksums;
}

const std::filesystem::path kModels = MULTIPOLE_SOURCE_DIR "/models";

TEST(ShippedModels, KeepTheirWeights) {
  for (const auto& [name, expected] : weights_of_models())
    EXPECT_EQ(weights_checksum(kModels / name), expected) << name;
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kModels)) {
    if (entry.path().extension() == ".safetensors") ++count;
  }
  EXPECT_EQ(count, weights_of_models().size()) << "a new model needs a line above";
}

// `stored` with the fields that came later where it was written before them, in the order of `built`: no other field.
Json completed(const Json& stored, const Json& built, const Json& later) {
  Json all = Json::object();
  for (const auto& [key, value] : built.items()) {
    EXPECT_TRUE(stored.contains(key) || later.contains(key)) << key;
    all[key] = stored.contains(key) ? stored[key] : later.value(key, Json());
  }
  for (const auto& [key, value] : stored.items()) EXPECT_TRUE(built.contains(key)) << key;
  return all;
}

TEST(ShippedModels, HoldEveryValueOfTheirArchitecture) {
  // what all were trained with, whatever the defaults become
  const Json attention = {{"type", "multipole2d"},
                          {"cell", 4},
                          {"rank", 4},
                          {"variant", "log-linear"},
                          {"basis", "hierarchical"},
                          {"bias", true},
                          {"log_mass", true},
                          {"qkv_bias", true},
                          {"proj_drop", 0.0},
                          {"max_levels", nullptr}};
  for (const auto& [name, unused] : weights_of_models()) {
    SCOPED_TRACE(name);
    const LoadedModel loaded = load_model(kModels / name);
    // building the model added nothing but what attention, pyramids and heads have learned since, in the values that
    // leave them as they were
    const Json built = to_json_config(loaded.model->config());
    Json expected = to_json_config(loaded.metadata.architecture);
    const Json later = {{"summaries", "basis"}, {"hot", 0},          {"full_up_to", 0},
                        {"qk_norm", false},     {"far_gate", false}, {"reach", "grid"}};
    expected["backbone"]["attention"] =
        completed(expected["backbone"]["attention"], built["backbone"]["attention"], later);
    Json trained_with = attention;
    if (name == "multipole_nano_camvid.safetensors") trained_with["reach"] = "nominal";
    EXPECT_EQ(expected["backbone"]["attention"], completed(trained_with, built["backbone"]["attention"], later));
    expected["backbone"] = completed(
        expected["backbone"], built["backbone"],
        {{"embedding", "convolutional"}, {"mlp_conv", false}, {"mlp_kernels", Json::array()}, {"stage_norms", true}});
    if (expected["head"]["type"] == "segformer") {
      expected["head"] = completed(expected["head"], built["head"], {{"norm", true}, {"resize", "stretch"}});
    }
    EXPECT_EQ(built, expected);
  }
}

}  // namespace
}  // namespace multipole
