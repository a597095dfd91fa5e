#include "apps/import/import.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/files/model_file.h"
#include "engine/weights/attention_swap.h"
#include "tasks/pretrained/import_model.h"

namespace multipole {
namespace {

struct ImportOptions {
  std::string source, out, attention;
  bool bfloat16 = false;
};

std::string source_help() {
  std::string types;
  for (const auto& type : transformers_types()) types += (types.empty() ? "" : ", ") + type;
  return "folder with config.json and model.safetensors, or the weights file: vision transformers of timm; of "
         "transformers " +
         types + "; or a model file of this program, to be written anew";
}

bool is_own(const std::filesystem::path& source) {
  return source.extension() == ".safetensors" && std::filesystem::is_regular_file(source) && is_model_file(source);
}

// A model file of this program stays what it is: it can be made smaller, or be given another attention.
ImportedModel read_source(const std::string& source) {
  if (!is_own(source)) return import_model(source);
  const LoadedModel loaded = load_model(source);
  ImportedModel own{.metadata = loaded.metadata,
                    .weights = named_weights(*loaded.model),
                    .architecture = loaded.model->config().preset,
                    .origin = "multipole"};
  own.metadata.architecture = loaded.model->config();
  return own;
}

// The attention is stored with the model, so that every command reads it as it is.
ImportedModel with_attention(ImportedModel imported, const std::string& choice) {
  if (choice.empty()) return imported;
  LoadedModel loaded = {.model = VisionModel(imported.metadata.architecture), .metadata = imported.metadata};
  load_weights(*loaded.model, imported.weights, imported.origin);
  const LoadedModel swapped = swap_attention(std::move(loaded), choice, kAttentionOption);
  imported.weights = named_weights(*swapped.model);
  imported.metadata = swapped.metadata;
  return imported;
}

int import_to_file(const ImportOptions& options) {
  const ImportedModel imported = with_attention(read_source(options.source), options.attention);
  save_model(options.out, imported.weights, imported.metadata,
             options.bfloat16 ? WeightFormat::kBFloat16 : WeightFormat::kFloat32);
  double numbers = 0;
  for (const auto& [name, tensor] : imported.weights) numbers += static_cast<double>(tensor.numel());
  print_result(json_line({{"model", options.out},
                          {"origin", imported.origin},
                          {"architecture", imported.architecture},
                          {"task", imported.metadata.task},
                          {"classes", imported.metadata.classes.size()},
                          {"parameters", static_cast<int64_t>(numbers)}}));
  return kExitDone;
}

}  // namespace

void add_import_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command = add_command(program, "import", "make a model file of a model that timm or transformers published",
                                  "multipole import vit_small_patch14_dinov2 --out models/dinov2_small.safetensors");
  command->add_option("SOURCE", options->source, source_help())->required();
  command->add_option("--out", options->out, "model file to write")->required();
  add_attention_option(*command, options->attention);
  command->add_flag("--bf16", options->bfloat16, "store weights as bfloat16: half the size");
  command->callback([options, &run] { run = [options] { return import_to_file(*options); }; });
}

}  // namespace multipole
