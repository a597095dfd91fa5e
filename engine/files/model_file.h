// One file is a whole model: safetensors with the weights, and under the metadata key "multipole" a JSON object that
// says what they are for. Inference needs nothing else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "heads/model/model.h"

namespace multipole {

// Readers refuse files of a higher version; the version grows only where an older reader would be wrong.
inline constexpr int64_t kModelFormatVersion = 1;

struct ModelMetadata {
  int64_t format_version = kModelFormatVersion;
  std::string task = "classification";
  ModelConfig architecture;
  std::vector<std::string> classes;
  std::vector<std::vector<int64_t>> palette;
  Json preprocessing = Json::object();
  Json training = Json::object();

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("format_version", self.format_version, "version of this layout");
    field("task", self.task, "classification, multi_label_classification, segmentation or embedding");
    field("architecture", self.architecture, "backbone and head, resolved: no preset file is needed to build them");
    field("classes", self.classes, "class names, in the order of the logits");
    field("palette", self.palette, "segmentation: one RGB colour a class");
    field("preprocessing", self.preprocessing, "how a picture becomes the model's input");
    field("training", self.training, "how the weights came about: epochs, metrics, command, seed, version");
  }
};

struct LoadedModel {
  VisionModel model{nullptr};  // in evaluation mode, on the CPU, float32
  ModelMetadata metadata;
};

// How weights are written: bf16 halves the file; they are read back as float32.
enum class WeightFormat { kFloat32, kBFloat16 };

// Writes parameters and buffers with the metadata, atomically. metadata.architecture must be the model's own.
void save_model(const std::filesystem::path& path, const VisionModelImpl& model, const ModelMetadata& metadata,
                WeightFormat format = WeightFormat::kFloat32);

// Writes a file of named weights that are not in a module (an average of them, say).
void save_model(const std::filesystem::path& path, const std::map<std::string, torch::Tensor>& weights,
                const ModelMetadata& metadata, WeightFormat format = WeightFormat::kFloat32);

// Throws ModelFileError: not safetensors, no metadata, a newer format version, weights that are missing, unexpected or
// of another shape (all of them in a table), damaged bytes, or, where `task` is given, a model for another task.
LoadedModel load_model(const std::filesystem::path& path, const std::string& task = "");

// Whether a safetensors file carries this metadata. Throws ModelFileError where it is no safetensors file.
bool is_model_file(const std::filesystem::path& path);

// The metadata alone, checked as load_model() checks it.
ModelMetadata read_model_metadata(const std::filesystem::path& path, const std::string& task = "");

// Copies `weights` into the parameters and buffers of `model`, all of them and no others, converting between floating
// point types. Throws ModelFileError with a table of what is missing, unexpected or of another shape.
void load_weights(VisionModelImpl& model, const std::map<std::string, torch::Tensor>& weights,
                  const std::string& source);

// What softmax's logits are divided by for calibrated probabilities: training.calibration.temperature, else 1.
double calibration_temperature(const ModelMetadata& metadata);

// Names and tensors of all parameters and buffers.
std::map<std::string, torch::Tensor> named_weights(const torch::nn::Module& model);

}  // namespace multipole
