#include "tasks/pretrained/published_model.h"

#include <array>
#include <set>

#include "base/error.h"
#include "engine/files/safetensors.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessor = "preprocessor_config.json";
constexpr std::array<const char*, 2> kWeights = {"model.safetensors", "open_clip_model.safetensors"};
constexpr std::array<const char*, 2> kIndexes = {"model.safetensors.index.json",
                                                 "open_clip_model.safetensors.index.json"};
constexpr std::array<const char*, 5> kPickles = {".bin", ".pt", ".pth", ".ckpt", ".pkl"};

bool is_pickle(const fs::path& path) {
  for (const char* ending : kPickles) {
    if (path.extension() == ending) return true;
  }
  return false;
}

[[noreturn]] void refuse_pickle(const fs::path& path) {
  throw ModelFileError(
      path.string() +
      ": a pickle, which runs code when it is read, so it is not opened: take the model.safetensors of "
      "the same model, or convert it where it is trusted: safetensors.torch.save_file("
      "torch.load(file, weights_only=True), \"model.safetensors\")");
}

Json read_json(const fs::path& path) {
  try {
    return read_json_file(path);
  } catch (const ConfigError& error) {
    throw ModelFileError(error.what());
  }
}

void add_weights(const fs::path& path, std::map<std::string, torch::Tensor>& weights) {
  auto content = read_safetensors(path);
  for (auto& [name, tensor] : content.tensors) {
    if (!weights.emplace(name, std::move(tensor)).second) {
      throw ModelFileError(path.string() + ": holds '" + name + "', which another shard holds too");
    }
  }
}

void add_shards(const fs::path& index_path, std::map<std::string, torch::Tensor>& weights) {
  const Json index = read_json(index_path);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw ModelFileError(index_path.string() + ": expected an object with a \"weight_map\"");
  }
  std::set<std::string> files;
  for (const auto& [name, file] : index["weight_map"].items()) {
    const std::string text = file.is_string() ? file.get<std::string>() : "";
    // a name in this folder, and no way out of it
    if (text.empty() || fs::path(text).filename() != text) {
      throw ModelFileError(index_path.string() + ": the file of '" + name + "' must be a file name, got " +
                           file.dump());
    }
    files.insert(text);
  }
  for (const auto& file : files) {
    const fs::path shard = index_path.parent_path() / file;
    if (!fs::exists(shard)) throw ModelFileError(shard.string() + ": this shard of the weights is missing");
    if (is_pickle(shard)) refuse_pickle(shard);
    add_weights(shard, weights);
  }
  for (const auto& [name, file] : index["weight_map"].items()) {
    if (!weights.contains(name)) {
      throw ModelFileError((index_path.parent_path() / file.get<std::string>()).string() + ": holds no '" + name +
                           "', which the index says it does");
    }
  }
}

void read_weights(const fs::path& folder, std::map<std::string, torch::Tensor>& weights) {
  for (const char* name : kIndexes) {
    if (fs::exists(folder / name)) return add_shards(folder / name, weights);
  }
  for (const char* name : kWeights) {
    if (fs::exists(folder / name)) return add_weights(folder / name, weights);
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_pickle(entry.path())) refuse_pickle(entry.path());
  }
  throw ModelFileError(folder.string() + ": no model.safetensors and no model.safetensors.index.json");
}

}  // namespace

PublishedModel read_published_model(const fs::path& source) {
  if (!fs::exists(source)) throw ModelFileError(source.string() + ": no such file or folder");
  const bool is_folder = fs::is_directory(source);
  if (!is_folder && is_pickle(source)) refuse_pickle(source);
  const fs::path folder = is_folder ? source : source.parent_path();
  PublishedModel model{.source = source.string(), .config = {}, .preprocessor = {}, .weights = {}};
  if (!fs::exists(folder / kConfig)) {
    throw ModelFileError((folder / kConfig).string() + ": missing: it says which model the weights are of");
  }
  model.config = read_json(folder / kConfig);
  if (!model.config.is_object()) throw ModelFileError((folder / kConfig).string() + ": expected an object");
  if (fs::exists(folder / kPreprocessor)) model.preprocessor = read_json(folder / kPreprocessor);
  if (is_folder) {
    read_weights(folder, model.weights);
  } else if (source.extension() == ".json") {
    add_shards(source, model.weights);
  } else {
    add_weights(source, model.weights);
  }
  return model;
}

int64_t size_of(const PublishedModel& model, const std::string& name, int64_t axis) {
  const auto found = model.weights.find(name);
  if (found == model.weights.end() || found->second.dim() <= axis) {
    throw ModelFileError(model.source + ": the weights have no '" + name + "' with " + std::to_string(axis + 1) +
                         " axes: not those of the model that config.json names");
  }
  return found->second.size(axis);
}

}  // namespace multipole
