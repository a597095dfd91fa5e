// What a model makes of tensors, for comparison with other programs.
//
// Usage: model_outputs MODEL INPUTS OUTPUTS [PRECISION [ATTENTION]] (safetensors)
// MODEL: a model file, or a folder as `multipole import` takes it. The model's metadata are those of OUTPUTS.
// PRECISION: float32, or bfloat16 as `predict` computes in it. ATTENTION: as --attention of `multipole import`.
// Of a float input NAME (B, 3, H, W): NAME.logits, NAME.embedding, NAME.map.<i> and, of a segmentation model,
// NAME.token_logits at the finest map's size; of an uint8 input (H, W, 3): NAME.pixels, as the model's preprocessing
// has it.
#include <torch/types.h>
#include <torch/utils.h>

#include <exception>
#include <filesystem>
#include <iostream>

#include "base/json_text.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "engine/runtime/execution.h"
#include "engine/weights/attention_swap.h"
#include "tasks/pretrained/import_model.h"

namespace multipole {
namespace {

void add_outputs(LoadedModel& loaded, const std::string& name, const torch::Tensor& input, Safetensors& out) {
  if (input.scalar_type() == torch::kUInt8) {
    const auto preprocessing = config_from_json<Preprocessing>(loaded.metadata.preprocessing, "preprocessing");
    out.tensors[name + ".pixels"] = preprocess(input, preprocessing);
    return;
  }
  out.tensors[name + ".logits"] = loaded.model->forward(input);
  out.tensors[name + ".embedding"] = loaded.model->backbone()->embed(input);
  const auto maps = loaded.model->backbone()->forward_intermediates(input);
  if (loaded.metadata.task == "segmentation") {
    out.tensors[name + ".token_logits"] =
        loaded.model->head().forward(maps, {maps.front().size(2), maps.front().size(3)});
  }
  for (size_t i = 0; i < maps.size(); ++i) out.tensors[name + ".map." + std::to_string(i)] = maps[i];
}

LoadedModel open_model(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return load_model(path);
  const ImportedModel imported = import_model(path);
  LoadedModel loaded{.model = VisionModel(imported.metadata.architecture), .metadata = imported.metadata};
  load_weights(*loaded.model, imported.weights, path.string());
  loaded.model->eval();
  return loaded;
}

void write_outputs(const std::string& model, const std::string& inputs, const std::string& outputs,
                   const std::string& precision, const std::string& attention) {
  const torch::NoGradGuard no_grad;
  LoadedModel loaded = swap_attention(open_model(model), attention, "ATTENTION");
  const AutocastGuard autocast(select_execution("cpu", precision));
  Safetensors out;
  out.metadata["multipole"] = json_text(to_json_config(loaded.metadata));
  for (const auto& [name, input] : read_safetensors(inputs).tensors) add_outputs(loaded, name, input, out);
  for (auto& [name, tensor] : out.tensors) tensor = tensor.to(torch::kFloat32).contiguous();
  write_safetensors(outputs, out);
}

}  // namespace
}  // namespace multipole

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::cerr << "usage: model_outputs MODEL INPUTS OUTPUTS [PRECISION [ATTENTION]]\n";
    return 2;
  }
  try {
    multipole::write_outputs(argv[1], argv[2], argv[3], argc > 4 ? argv[4] : "float32", argc > 5 ? argv[5] : "");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "model_outputs: " << error.what() << "\n";
    return 1;
  }
}
