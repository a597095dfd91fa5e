#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_model_metadata;
using test::TemporaryFolder;

const std::vector<std::string> kClasses = {"cat", "caf\xc3\xa9", "a \"quoted\" dog"};

template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const ModelFileError& error) {
    return error.what();
  }
  return "no ModelFileError";
}

// A saved model, its file opened, changed and written again without a checksum, as another program would.
std::string error_after(const std::function<void(Safetensors&)>& change, const std::string& task = "classification") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  test::write_random_model(path, kClasses);
  Safetensors content = read_safetensors(path);
  content.metadata.erase("multipole.checksum");
  change(content);
  write_safetensors(path, content);
  return error_of([&] { load_model(path, task); });
}

void set_metadata(Safetensors& content, const std::string& key, const Json& value) {
  Json json = Json::parse(content.metadata.at("multipole"));
  json[key] = value;
  content.metadata["multipole"] = json.dump();
}

TEST(ModelFile, LoadsWhatWasSaved) {
  const TemporaryFolder folder;
  const ModelMetadata metadata = random_model_metadata(kClasses);
  VisionModel model(metadata.architecture);
  model->eval();
  save_model(folder / "m", *model, metadata);
  const LoadedModel loaded = load_model(folder / "m", "classification");
  EXPECT_EQ(loaded.metadata.classes, kClasses);
  EXPECT_EQ(to_json_config(loaded.metadata), to_json_config(metadata));
  EXPECT_FALSE(loaded.model->is_training());
  const auto images = torch::randn({2, 3, 19, 33});
  EXPECT_TRUE(torch::equal(VisionModel(loaded.model)->forward(images), model->forward(images)));
}

TEST(ModelFile, Bfloat16HalvesTheFileAndLoadsAsFloat32) {
  const TemporaryFolder folder;
  const ModelMetadata metadata = random_model_metadata(kClasses);
  const VisionModel model(metadata.architecture);
  save_model(folder / "full", *model, metadata);
  save_model(folder / "half", *model, metadata, WeightFormat::kBFloat16);
  const auto full_size = std::filesystem::file_size(folder / "full");
  EXPECT_LT(std::filesystem::file_size(folder / "half"), full_size * 3 / 4);
  const LoadedModel loaded = load_model(folder / "half");
  const auto original = named_weights(*model);
  for (const auto& [name, tensor] : named_weights(*loaded.model)) {
    if (!tensor.is_floating_point()) continue;
    EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
    EXPECT_TRUE(torch::allclose(tensor, original.at(name), 1.0 / 128, 1e-6)) << name;
  }
}

TEST(ModelFile, MismatchesStandInOneTable) {
  std::string missing, mismatched;
  const std::string message = error_after([&](Safetensors& content) {
    missing = content.tensors.begin()->first;
    mismatched = content.tensors.rbegin()->first;
    content.tensors.erase(missing);
    content.tensors[mismatched] = torch::zeros({1, 2, 3});
    content.tensors["head.extra"] = torch::zeros({4});
  });
  EXPECT_NE(message.find("missing     " + missing), std::string::npos) << message;
  EXPECT_NE(message.find("mismatched  " + mismatched + "  file Float [1, 2, 3], model"), std::string::npos) << message;
  EXPECT_NE(message.find("unexpected  head.extra"), std::string::npos) << message;
}

TEST(ModelFile, ALongTableIsCut) {
  const std::string message = error_after([](Safetensors& content) {
    for (int i = 0; i < 30; ++i) content.tensors["extra." + std::to_string(i)] = torch::zeros({1});
  });
  EXPECT_NE(message.find("and 10 more"), std::string::npos) << message;
}

TEST(ModelFile, WholeNumbersAreNoWeights) {
  const std::string message = error_after([](Safetensors& content) {
    auto& first = content.tensors.begin()->second;
    first = first.to(torch::kInt32);
  });
  EXPECT_NE(message.find("mismatched"), std::string::npos) << message;
}

TEST(ModelFile, ANewerFormatSaysSoBeforeItsKeysAreRead) {
  const std::string message = error_after([](Safetensors& content) {
    set_metadata(content, "format_version", kModelFormatVersion + 1);
    set_metadata(content, "key_of_the_future", true);
  });
  EXPECT_NE(message.find("update it"), std::string::npos) << message;
}

TEST(ModelFile, RefusesWrongTaskAndWrongMetadata) {
  EXPECT_NE(error_after([](Safetensors&) {}, "segmentation").find("a model for classification"), std::string::npos);
  EXPECT_NE(error_after([](Safetensors& c) { c.metadata.erase("multipole"); }).find("metadata"), std::string::npos);
  EXPECT_NE(error_after([](Safetensors& c) { c.metadata["multipole"] = "{"; }).find("damaged"), std::string::npos);
  EXPECT_NE(error_after([](Safetensors& c) { set_metadata(c, "clases", 1); }).find("'classes'"), std::string::npos);
  EXPECT_NE(error_after([](Safetensors& c) { set_metadata(c, "classes", {"one"}); }).find("class names"),
            std::string::npos);
}

// The fields that a mechanism takes, as its own message lists them.
std::vector<std::string> attention_fields(const std::string& type) {
  const std::string unknown(60, 'z'), list = "known: ";
  std::string text;
  try {
    make_attention({{"type", type}, {unknown, 0}}, {.embed_dim = 8, .num_heads = 2}, "attention");
  } catch (const ConfigError& error) {
    text = error.what();
  }
  std::vector<std::string> names;
  std::istringstream words(text.substr(text.find(list) + list.size()));
  for (std::string name; std::getline(words >> std::ws, name, ',');) names.push_back(name);
  return names;
}

TEST(ModelFile, HoldsEveryDefaultOfEveryAttention) {
  for (const auto& type : attention_types()) {
    SCOPED_TRACE(type);
    const TemporaryFolder folder;
    ModelMetadata metadata = random_model_metadata(kClasses);
    ModelConfig config = test::small_model_config(type, static_cast<int64_t>(kClasses.size()));
    const Json other = {{"type", type == "full" ? "window" : "full"}};
    config.backbone["stage_attention"] = {Json::object(), other, Json::object(), Json::object()};
    const VisionModel model(config);
    metadata.architecture = model->config();
    save_model(folder / "m", *model, metadata);

    const Json stored = read_model_metadata(folder / "m").architecture.backbone;
    const auto expect_fields = [](const Json& attention) {
      const auto fields = attention_fields(attention["type"]);
      EXPECT_GE(fields.size(), 1u);
      for (const auto& field : fields) EXPECT_TRUE(attention.contains(field)) << field << " in " << attention;
    };
    expect_fields(stored["attention"]);
    expect_fields(stored["stage_attention"][1]);
    EXPECT_EQ(stored["attention"]["type"], type);
    EXPECT_EQ(stored["stage_attention"][1]["type"], other["type"]);
  }
}

TEST(ModelFile, AHeadThatDoesNotServeTheTaskIsRefused) {
  const std::string message = error_after([](Safetensors& content) {
    Json json = Json::parse(content.metadata.at("multipole"));
    json["architecture"]["head"] = {{"type", "segformer"}};
    content.metadata["multipole"] = json.dump();
  });
  EXPECT_NE(message.find("'segformer' is a head for segmentation"), std::string::npos) << message;
}

TEST(ModelFile, AnyFlippedBitOfTheContentIsFound) {
  const TemporaryFolder folder;
  test::write_random_model(folder / "m", kClasses);
  const std::string bytes = test::read_text(folder / "m");
  const size_t algorithm = bytes.find("xxh3:");
  ASSERT_NE(algorithm, std::string::npos);
  for (int i = 0; i < 40; ++i) {
    const auto bit = static_cast<size_t>(test::random_int(0, static_cast<int64_t>(8 * bytes.size()) - 1));
    // the checksum's own name may be wrong without harm to the rest
    if (bit / 8 >= algorithm && bit / 8 < algorithm + 5) continue;
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    test::write_text(folder / "flipped", flipped);
    EXPECT_NE(error_of([&] { load_model(folder / "flipped"); }), "no ModelFileError") << "bit " << bit;
  }
}

}  // namespace
}  // namespace multipole
