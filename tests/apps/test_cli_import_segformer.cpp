// A SegFormer as transformers names its weights: imported, it is a segmentation model like any other.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

using Words = std::vector<std::string>;
using Weights = std::map<std::string, torch::Tensor>;

Json published_config() {
  return {{"model_type", "segformer"},   {"hidden_sizes", {8, 12, 16, 20}},
          {"depths", {1, 2, 1, 1}},      {"num_attention_heads", {1, 2, 2, 4}},
          {"sr_ratios", {4, 2, 2, 1}},   {"mlp_ratios", {2, 2, 2, 2}},
          {"patch_sizes", {7, 3, 3, 3}}, {"strides", {4, 2, 2, 2}},
          {"decoder_hidden_size", 8},    {"id2label", {{"0", "a"}, {"1", "b"}, {"2", "c"}}}};
}

class WeightWriter {
 public:
  explicit WeightWriter(Weights& weights) : weights_(weights) {}

  // A layer's weight and its bias.
  void layer(const std::string& name, const std::vector<int64_t>& shape) {
    weights_[name + ".weight"] = torch::randn(shape) * 0.2;
    weights_[name + ".bias"] = torch::randn({shape[0]}) * 0.2;
  }
  void norm(const std::string& name, int64_t channels) {
    weights_[name + ".weight"] = torch::rand({channels}) + 0.5;
    weights_[name + ".bias"] = torch::randn({channels}) * 0.2;
  }
  void stage(int64_t stage, int64_t inputs, int64_t width, int64_t depth, int64_t reduction) {
    const std::string number = std::to_string(stage), encoder = "segformer.encoder.";
    const int64_t size = stage == 0 ? 7 : 3;
    layer(encoder + "patch_embeddings." + number + ".proj", {width, inputs, size, size});
    norm(encoder + "patch_embeddings." + number + ".layer_norm", width);
    for (int64_t i = 0; i < depth; ++i) block(encoder + "block." + number + "." + std::to_string(i), width, reduction);
    norm(encoder + "layer_norm." + number, width);
  }
  void block(const std::string& name, int64_t width, int64_t reduction) {
    norm(name + ".layer_norm_1", width);
    for (const char* part :
         {".attention.self.query", ".attention.self.key", ".attention.self.value", ".attention.output.dense"}) {
      layer(name + part, {width, width});
    }
    if (reduction > 1) {
      layer(name + ".attention.self.sr", {width, width, reduction, reduction});
      norm(name + ".attention.self.layer_norm", width);
    }
    norm(name + ".layer_norm_2", width);
    layer(name + ".mlp.dense1", {2 * width, width});
    layer(name + ".mlp.dwconv.dwconv", {2 * width, 1, 3, 3});
    layer(name + ".mlp.dense2", {width, 2 * width});
  }

 private:
  Weights& weights_;
};

Weights published_weights() {
  const Json config = published_config();
  Weights weights;
  WeightWriter writer(weights);
  int64_t inputs = 3;
  for (int64_t stage = 0; stage < 4; ++stage) {
    const auto width = config["hidden_sizes"][stage].get<int64_t>();
    writer.stage(stage, inputs, width, config["depths"][stage].get<int64_t>(),
                 config["sr_ratios"][stage].get<int64_t>());
    writer.layer("decode_head.linear_c." + std::to_string(stage) + ".proj", {8, width});
    inputs = width;
  }
  weights["decode_head.linear_fuse.weight"] = torch::randn({8, 32, 1, 1}) * 0.2;
  writer.norm("decode_head.batch_norm", 8);
  weights["decode_head.batch_norm.running_mean"] = torch::randn({8});
  weights["decode_head.batch_norm.running_var"] = torch::rand({8}) + 0.5;
  weights["decode_head.batch_norm.num_batches_tracked"] = torch::tensor(7, torch::kInt64);
  writer.layer("decode_head.classifier", {3, 8, 1, 1});
  return weights;
}

class ImportSegformer : public testing::Test {
 protected:
  void write(const Json& config, const Weights& weights) {
    test::write_text(folder_ / "source/config.json", config.dump());
    write_safetensors(folder_ / "source/model.safetensors", {.tensors = weights, .metadata = {{"format", "pt"}}});
  }
  void write_preprocessor(const Json& preprocessor) {
    test::write_text(folder_ / "source/preprocessor_config.json", preprocessor.dump());
  }

  void SetUp() override { std::filesystem::create_directories(folder_ / "source"); }

  test::ProcessResult run_import() {
    return run_multipole({"import", (folder_ / "source").string(), "--out", model()});
  }

  void import() {
    const auto result = run_import();
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  // Exit code 5, these words, and no file.
  void expect_refused(const Words& words) {
    const auto result = run_import();
    EXPECT_EQ(result.exit_code, 5) << result.err;
    for (const auto& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << word << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(model()));
  }

  void expect_refused_with(const char* key, const Json& value, const Words& words) {
    Json config = published_config();
    config[key] = value;
    write(config, published_weights());
    expect_refused(words);
  }

  // Six pictures with the classes a and b, those of masks stored from `first` on.
  void write_data(int64_t first = 0) {
    for (int i = 0; i < 6; ++i) {
      const auto ids = torch::arange(40 * 48).view({40, 48}).div(960, "floor");
      const std::string name = (i < 4 ? "train/" : "val/") + std::to_string(i) + ".png";
      folder_.write("data/images/" + name, test::encode_picture_for(ids));
      folder_.write("data/annotations/" + name, test::encode_mask(ids + first));
    }
    test::write_text(folder_ / "data/classes.txt", "a\nb\nc\n");
  }

  std::string data() const { return (folder_ / "data").string(); }
  std::string model() const { return (folder_ / "imported.safetensors").string(); }

  const test::TemporaryFolder folder_;
};

TEST_F(ImportSegformer, IsASegmenterThatPredictsAndIsMeasured) {
  write(published_config(), published_weights());
  write_preprocessor({{"size", 64}, {"image_mean", {0.5, 0.4, 0.3}}, {"image_std", {0.2, 0.3, 0.4}}, {"resample", 2}});
  import();
  const auto metadata = read_model_metadata(model(), "segmentation");
  EXPECT_EQ(metadata.classes, (Words{"a", "b", "c"}));
  EXPECT_EQ(metadata.preprocessing["image_size"], 64);
  EXPECT_EQ(metadata.preprocessing["fit"], "squash") << "one number is a square";
  EXPECT_EQ(metadata.preprocessing["mean"], Json({0.5, 0.4, 0.3}));
  EXPECT_EQ(metadata.architecture.head["norm"], false);
  EXPECT_EQ(run_multipole({"inspect", model()}).exit_code, 0);

  write_data();
  const auto measured = run_multipole({"segment", "eval", "--model", model(), "--data", data(), "--json", "-"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(parse_json(measured.out, "stdout")["samples"], 2);
  const auto out = (folder_ / "out").string();
  const auto predicted =
      run_multipole({"segment", "predict", "--model", model(), "--out", out, data() + "/images/val"});
  EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
}

TEST_F(ImportSegformer, FineTunesToOtherClassesAndToItsOwn) {
  write(published_config(), published_weights());
  import();
  write_data();
  const auto train = [&](const std::string& name, const Words& more = {}) {
    Words words = {"segment",  "train",
                   "--data",   data(),
                   "--out",    (folder_ / name).string(),
                   "--init",   model(),
                   "--epochs", "1",
                   "--set",    "augmentation.crop_size=[32,32]",
                   "--set",    "train.batch_size=2"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  };
  const auto own = train("own");
  ASSERT_EQ(own.exit_code, 0) << own.err;
  EXPECT_EQ(own.err.find("replaced"), std::string::npos) << own.err;
  EXPECT_EQ(own.err.find("mismatched"), std::string::npos) << own.err;
  EXPECT_EQ(own.err.find("missing"), std::string::npos) << own.err;
  test::write_text(folder_ / "data/classes.txt", "x\ny\n");
  const auto other = train("other");
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_NE(other.err.find("replaced    head.classifier.weight"), std::string::npos) << other.err;
  EXPECT_EQ(other.err.find("head.fuse"), std::string::npos) << other.err;
  const auto metadata = read_model_metadata(folder_ / "other/best.safetensors", "segmentation");
  EXPECT_EQ(metadata.architecture.backbone["embedding"], "overlapping");
  EXPECT_EQ(metadata.architecture.head["channels"], 8) << "the imported decoder";
  EXPECT_EQ(metadata.architecture.head["norm"], false);
  EXPECT_EQ(metadata.classes, (Words{"x", "y"}));
  const auto another = train("another", {"--set", "model.head.type=semantic_fpn", "--set", "model.head.channels=8"});
  EXPECT_EQ(another.exit_code, 0) << another.err;
}

// Such a processor takes 0 for no class and counts from 1; evaluation reads masks alike.
TEST_F(ImportSegformer, MasksAreReadAsItsProcessorReadsThem) {
  write(published_config(), published_weights());
  for (const char* key : {"do_reduce_labels", "reduce_labels"}) {
    write_preprocessor({{"size", {{"height", 32}, {"width", 64}}}, {key, true}});
    import();
    const auto metadata = read_model_metadata(model());
    EXPECT_EQ(metadata.training["masks"]["reduce_zero_label"], true) << key;
    EXPECT_EQ(metadata.preprocessing["image_size"], 64) << "the longer side";
  }
  write_data(/*first=*/2);
  const auto measured = run_multipole({"segment", "eval", "--model", model(), "--data", data(), "--json", "-"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  const Json classes = parse_json(measured.out, "stdout")["per_class"];
  EXPECT_EQ(classes[0]["pixels"], 0);
  EXPECT_EQ(classes[1]["pixels"], 2 * 960);
  EXPECT_EQ(classes[2]["pixels"], 2 * 960);

  Json config = published_config();
  config["semantic_loss_ignore_index"] = 2;
  write(config, published_weights());
  std::filesystem::remove(folder_ / "source/preprocessor_config.json");
  import();
  EXPECT_EQ(read_model_metadata(model()).training["masks"]["ignore_index"], 2);
}

TEST_F(ImportSegformer, WithoutAProcessorItHasThePublishedOnesDefaults) {
  write(published_config(), published_weights());
  import();
  const auto metadata = read_model_metadata(model());
  EXPECT_EQ(metadata.preprocessing["image_size"], 512);
  EXPECT_EQ(metadata.preprocessing["mean"], Json({0.485, 0.456, 0.406}));
  EXPECT_TRUE(metadata.training["masks"]["reduce_zero_label"].is_null());
}

TEST_F(ImportSegformer, RefusesWhatItDoesNotKnow) {
  expect_refused_with("hidden_act", "relu", {"hidden_act", "only 'gelu'", "'relu'"});
  expect_refused_with("patch_sizes", {4, 2, 2, 2}, {"patch_sizes", "[7,3,3,3]", "[4,2,2,2]"});
  expect_refused_with("strides", {2, 2, 2, 2}, {"strides", "[4,2,2,2]"});
  expect_refused_with("mlp_ratios", {2, 2, 4, 4}, {"mlp_ratios", "[2,2,4,4]"});
  expect_refused_with("depths", {1, 1, 1}, {"depths", "4 whole numbers", "[1,1,1]"});
  expect_refused_with("hidden_sizes", "many", {"hidden_sizes"});
  expect_refused_with("sr_ratios", {0, 2, 2, 1}, {"reduction", "must be from 1 to 64"});
  expect_refused_with("num_attention_heads", {3, 2, 2, 4}, {"num_heads[0]", "must divide"});
  expect_refused_with("id2label", {{"0", "a"}}, {"id2label has 1 names for 3 classes"});
  Json config = published_config();
  config.erase("sr_ratios");
  write(config, published_weights());
  expect_refused({"sr_ratios is missing"});
}

TEST_F(ImportSegformer, ListsEveryWeightThatDoesNotFit) {
  Weights weights = published_weights();
  weights.erase("segformer.encoder.block.1.1.mlp.dwconv.dwconv.bias");
  weights.erase("decode_head.batch_norm.running_var");
  weights["segformer.encoder.block.0.0.attention.self.sr.weight"] = torch::randn({8, 8, 3, 3});
  weights["decode_head.linear_fuse.weight"] = torch::randn({8, 24, 1, 1});
  weights["decode_head.linear_fuse.bias"] = torch::randn({8});
  write(published_config(), weights);
  expect_refused({"missing     segformer.encoder.block.1.1.mlp.dwconv.dwconv.bias",
                  "missing     decode_head.batch_norm.running_var",
                  "mismatched  segformer.encoder.block.0.0.attention.self.sr.weight", "[8, 8, 3, 3]", "[8, 8, 4, 4]",
                  "mismatched  decode_head.linear_fuse.weight", "unexpected  decode_head.linear_fuse.bias"});
}

}  // namespace
}  // namespace multipole
