#include "apps/inspect/model_description.h"

#include "base/json_text.h"
#include "base/text.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"

namespace multipole {
namespace {

constexpr size_t kKeyWidth = 16;
constexpr size_t kClassesShown = 20;

std::string row(const std::string& key, const std::string& value) { return pad_right(key, kKeyWidth) + value + "\n"; }

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : json_text(value); }

// An object's entries, one a line, indented below its name.
std::string section(const std::string& name, const Json& object) {
  std::string text = name + "\n";
  for (const auto& [key, value] : object.items()) text += "  " + row(key, text_of(value));
  return text;
}

std::string class_list(const Json& classes) {
  std::string text = json_text(classes);
  if (classes.size() <= kClassesShown) return std::to_string(classes.size()) + " " + text;
  Json first = Json::array();
  for (size_t i = 0; i < kClassesShown; ++i) first.push_back(classes[i]);
  return std::to_string(classes.size()) + " " + json_text(first) + " and " +
         std::to_string(classes.size() - kClassesShown) + " more";
}

std::string tensor_table(const Json& tensors) {
  size_t width = 0;
  for (const auto& tensor : tensors) width = std::max(width, tensor["name"].get_ref<const std::string&>().size());
  std::string text;
  for (const auto& tensor : tensors) {
    text += "  " + pad_right(tensor["name"].get<std::string>(), width + 2) +
            pad_right(tensor["dtype"].get<std::string>(), 6) + tensor["shape"].dump() + "\n";
  }
  return text;
}

}  // namespace

Json describe_model(const std::filesystem::path& path) {
  LoadedModel loaded = load_model(path);
  const SafetensorsHeader header = read_safetensors_header(path);
  Json tensors = Json::array();
  for (const auto& [name, info] : header.tensors) {
    tensors.push_back({{"name", name}, {"dtype", info.dtype}, {"shape", info.shape}});
  }
  Json description = {{"path", path.string()}, {"bytes", std::filesystem::file_size(path)}};
  description["parameters"] = loaded.model->num_parameters();
  description.update(to_json_config(loaded.metadata));
  description["tensors"] = tensors;
  return description;
}

std::string description_text(const Json& description, bool tensors) {
  const Json& architecture = description["architecture"];
  std::string text = row("file", description["path"].get<std::string>());
  text += row("size", byte_count(description["bytes"].get<double>()));
  text += row("task", description["task"].get<std::string>());
  const auto preset = architecture["preset"].get<std::string>();
  if (!preset.empty()) text += row("preset", preset);  // an imported model stands for itself
  text += row("parameters", fixed(description["parameters"].get<double>() / 1e6, 2) + " M in " +
                                std::to_string(description["tensors"].size()) + " tensors");
  text += row("classes", class_list(description["classes"]));
  text += section("backbone", architecture["backbone"]);
  text += section("head", architecture["head"]);
  text += section("preprocessing", description["preprocessing"]);
  text += section("training", description["training"]);
  if (tensors) text += "tensors\n" + tensor_table(description["tensors"]);
  return text;
}

}  // namespace multipole
