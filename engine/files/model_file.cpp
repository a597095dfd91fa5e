#include "engine/files/model_file.h"

#include <torch/utils.h>

#include <locale>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/json_text.h"
#include "engine/files/classifier_file.h"
#include "engine/files/content_checksum.h"
#include "engine/files/held_weights.h"
#include "engine/files/safetensors.h"
#include "heads/model/registry.h"

namespace multipole {
namespace {

constexpr const char* kModelKey = "multipole";
constexpr size_t kMaxListed = 20;

std::string shape_text(const torch::Tensor& tensor) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << torch::toString(tensor.scalar_type()) << " " << tensor.sizes();
  return out.str();
}

bool fits(const torch::Tensor& given, const torch::Tensor& expected) {
  const bool same_kind =
      given.scalar_type() == expected.scalar_type() || (given.is_floating_point() && expected.is_floating_point());
  return same_kind && given.sizes() == expected.sizes();
}

// "missing", "unexpected" and "mismatched" weights, one a line; empty where all fit.
std::string mismatch_table(const std::map<std::string, torch::Tensor>& expected,
                           const std::map<std::string, torch::Tensor>& given) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : expected) {
    const auto found = given.find(name);
    if (found == given.end()) {
      lines.push_back("missing     " + name + "  " + shape_text(tensor));
    } else if (!fits(found->second, tensor)) {
      lines.push_back("mismatched  " + name + "  file " + shape_text(found->second) + ", model " + shape_text(tensor));
    }
  }
  for (const auto& [name, tensor] : given) {
    if (!expected.contains(name)) lines.push_back("unexpected  " + name + "  " + shape_text(tensor));
  }
  std::string table;
  for (size_t i = 0; i < std::min(lines.size(), kMaxListed); ++i) table += "\n  " + lines[i];
  if (lines.size() > kMaxListed) table += "\n  and " + std::to_string(lines.size() - kMaxListed) + " more";
  return table;
}

const std::string& metadata_text(const std::map<std::string, std::string>& metadata, const std::string& source) {
  const auto found = metadata.find(kModelKey);
  if (found == metadata.end()) {
    throw ModelFileError(source + ": a safetensors file without the metadata '" + kModelKey +
                         "': not a model that this program saved");
  }
  return found->second;
}

ModelMetadata parse_metadata(const std::map<std::string, std::string>& stored, const std::string& task,
                             const std::string& source) {
  ModelMetadata metadata;
  try {
    const Json json = parse_json_text(metadata_text(stored, source), "metadata");
    // the version first: a newer layout may hold keys that this reader does not know
    if (json.is_object() && json.contains("format_version") && json["format_version"].is_number_integer() &&
        json["format_version"].get<int64_t>() > kModelFormatVersion) {
      throw ModelFileError(source + ": written in model format " + json["format_version"].dump() +
                           "; this program reads up to " + std::to_string(kModelFormatVersion) + ": update it");
    }
    read_config(json, "metadata", metadata);
  } catch (const ConfigError& error) {
    throw ModelFileError(source + ": damaged model metadata: " + error.what());
  }
  if (!task.empty() && metadata.task != task) {
    throw ModelFileError(source + ": a model for " + metadata.task + ", where one for " + task + " is needed");
  }
  if (static_cast<int64_t>(metadata.classes.size()) != metadata.architecture.num_classes) {
    throw ModelFileError(source + ": " + std::to_string(metadata.classes.size()) + " class names for " +
                         std::to_string(metadata.architecture.num_classes) + " classes");
  }
  return metadata;
}

// Both kinds of classifiers have the same heads.
std::string head_task(const std::string& task) { return task == kMultiLabelClassification ? kClassification : task; }

VisionModel build_model(const ModelMetadata& metadata, const Safetensors& content, const std::string& source) {
  try {
    const ModelConfig architecture = resolve_model_config(metadata.architecture);
    require_head_task(architecture.head, head_task(metadata.task), "architecture.head");
    require_held(content, count_parameters(architecture), source);
    return VisionModel(architecture);
  } catch (const ConfigError& error) {
    throw ModelFileError(source + ": its architecture cannot be built: " + error.what());
  }
}

}  // namespace

std::map<std::string, torch::Tensor> named_weights(const torch::nn::Module& model) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& entry : model.named_parameters()) weights.emplace(entry.key(), entry.value());
  for (const auto& entry : model.named_buffers()) weights.emplace(entry.key(), entry.value());
  return weights;
}

double calibration_temperature(const ModelMetadata& metadata) {
  const auto place = nlohmann::ordered_json::json_pointer("/calibration/temperature");
  if (!metadata.training.contains(place) || !metadata.training[place].is_number()) return 1.0;
  const auto temperature = metadata.training[place].get<double>();
  return temperature > 0 ? temperature : 1.0;
}

void save_model(const std::filesystem::path& path, const VisionModelImpl& model, const ModelMetadata& metadata,
                WeightFormat format) {
  save_model(path, named_weights(model), metadata, format);
}

void save_model(const std::filesystem::path& path, const std::map<std::string, torch::Tensor>& weights,
                const ModelMetadata& metadata, WeightFormat format) {
  Safetensors content;
  for (const auto& [name, tensor] : weights) {
    const bool narrow = format == WeightFormat::kBFloat16 && tensor.is_floating_point();
    content.tensors[name] =
        tensor.detach().to(torch::kCPU, narrow ? torch::kBFloat16 : tensor.scalar_type()).contiguous();
  }
  content.metadata[kModelKey] = json_text(to_json_config(metadata));
  add_checksum(content);
  write_safetensors(path, content);
}

void load_weights(VisionModelImpl& model, const std::map<std::string, torch::Tensor>& weights,
                  const std::string& source) {
  const auto own = named_weights(model);
  const std::string table = mismatch_table(own, weights);
  if (!table.empty()) throw ModelFileError(source + ": the weights do not fit the model:" + table);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : own) tensor.copy_(weights.at(name));
}

bool is_model_file(const std::filesystem::path& path) {
  return read_safetensors_header(path).metadata.contains(kModelKey);
}

ModelMetadata read_model_metadata(const std::filesystem::path& path, const std::string& task) {
  return parse_metadata(read_safetensors_header(path).metadata, task, path.string());
}

LoadedModel load_model(const std::filesystem::path& path, const std::string& task) {
  const Safetensors content = read_safetensors(path);
  LoadedModel loaded;
  loaded.metadata = parse_metadata(content.metadata, task, path.string());
  verify_checksum(content, path.string());
  loaded.model = build_model(loaded.metadata, content, path.string());
  load_weights(*loaded.model, content.tensors, path.string());
  loaded.model->eval();
  return loaded;
}

}  // namespace multipole
