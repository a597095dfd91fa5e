#include "tasks/sequence/sequence_file.h"

#include <torch/utils.h>

#include <string>

#include "base/error.h"
#include "engine/files/held_weights.h"
#include "engine/files/safetensors.h"

namespace multipole {
namespace {

constexpr const char* kMetadataKey = "multipole_sequence";

}  // namespace

void save_sequence_model(const std::filesystem::path& path, const SequenceModelImpl& model, const Json& training) {
  Safetensors content;
  for (const auto& parameter : model.named_parameters()) content.tensors[parameter.key()] = parameter->detach();
  content.metadata[kMetadataKey] = Json{{"model", to_json_config(model.config())}, {"training", training}}.dump();
  write_safetensors(path, content);
}

SequenceModel load_sequence_model(const std::filesystem::path& path) {
  const Safetensors content = read_safetensors(path);
  const auto found = content.metadata.find(kMetadataKey);
  if (found == content.metadata.end()) {
    throw ModelFileError(path.string() + " holds no language model of bytes: its metadata lacks \"" + kMetadataKey +
                         "\"; `multipole sequence train` writes such files");
  }
  SequenceModel model{nullptr};
  try {
    const Json metadata = parse_json(found->second, path.string());
    const auto config = config_from_json<SequenceConfig>(metadata.value("model", Json()), "model");
    require_held(content, count_parameters(config), path.string());
    model = SequenceModel(config);
  } catch (const ConfigError& error) {
    throw ModelFileError(path.string() + ": " + error.what());
  }
  torch::NoGradGuard no_grad;
  auto parameters = model->named_parameters();
  for (const auto& [name, tensor] : content.tensors) {
    if (!parameters.contains(name)) throw ModelFileError(path.string() + ": unexpected tensor " + name);
  }
  for (auto& parameter : parameters) {
    const auto tensor = content.tensors.find(parameter.key());
    if (tensor == content.tensors.end() || tensor->second.sizes() != parameter->sizes()) {
      throw ModelFileError(path.string() + ": tensor " + parameter.key() + " is missing or of another shape");
    }
    parameter->copy_(tensor->second);
  }
  model->eval();
  return model;
}

}  // namespace multipole
