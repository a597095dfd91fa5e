#include "engine/files/train_state.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/files/content_checksum.h"
#include "engine/files/safetensors.h"

namespace multipole {

namespace {

constexpr std::string_view kPrefix = "state-";
constexpr std::string_view kSuffix = ".safetensors";
constexpr size_t kStatesKept = 2;
constexpr const char* kStateKey = "multipole_train_state";

// The state files of a folder, newest first.
std::vector<std::filesystem::path> state_files(const std::filesystem::path& folder) {
  std::vector<std::pair<int64_t, std::filesystem::path>> found;
  std::error_code code;
  const std::filesystem::directory_iterator entries(folder, code);
  // a folder that is there and cannot be looked into must not pass for a run without states
  if (code && code != std::errc::no_such_file_or_directory) {
    throw ResourceError("cannot look for training states in " + folder.string() + ": " + code.message());
  }
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (name.size() <= kPrefix.size() + kSuffix.size() || !name.starts_with(kPrefix) || !name.ends_with(kSuffix)) {
      continue;
    }
    const auto digits = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    if (digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    found.emplace_back(std::stoll(digits), entry.path());
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::filesystem::path> paths;
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

TrainState read_state(const std::filesystem::path& path) {
  auto content = read_safetensors(path);
  verify_checksum(content, path.string());
  const auto found = content.metadata.find(kStateKey);
  if (found == content.metadata.end()) {
    throw ModelFileError(path.string() + " is not a training state: its metadata lacks " + kStateKey);
  }
  try {
    const Json json = parse_json(found->second, path.string());
    TrainState state;
    read_config(json.at("progress"), "progress", state.progress);
    state.config = json.at("config");
    state.data = json.at("data");
    state.build = json.at("build");
    state.tensors = std::move(content.tensors);
    return state;
  } catch (const ConfigError& error) {
    throw ModelFileError(path.string() + " is not a training state of this version: " + error.what());
  } catch (const Json::exception& error) {
    throw ModelFileError(path.string() + " is not a training state of this version: " + error.what());
  }
}

void collect_differences(const Json& before, const Json& now, const std::string& where,
                         std::vector<std::string>& differences) {
  if (before == now) return;
  if (!before.is_object() || !now.is_object()) {
    differences.push_back(where + ": " + before.dump() + ", now " + now.dump());
    return;
  }
  const auto child = [&](const std::string& key) { return where.empty() ? key : where + "." + key; };
  for (const auto& [key, value] : before.items()) {
    if (now.contains(key)) {
      collect_differences(value, now[key], child(key), differences);
    } else {
      differences.push_back(child(key) + ": " + value.dump() + ", now absent");
    }
  }
  for (const auto& [key, value] : now.items()) {
    if (!before.contains(key)) differences.push_back(child(key) + ": absent, now " + value.dump());
  }
}

}  // namespace

Json build_description() {
  return {{"multipole", MULTIPOLE_VERSION},
          {"torch", TORCH_VERSION},
          {"compiler", __VERSION__},
          {"threads", at::get_num_threads()}};
}

void save_train_state(const std::filesystem::path& folder, const TrainState& state) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw ResourceError("cannot make " + folder.string() + ": " + code.message());
  const Json json = {{"progress", to_json_config(state.progress)},
                     {"config", state.config},
                     {"data", state.data},
                     {"build", state.build}};
  // the step in ten digits, so that a listing by name is one by age
  std::array<char, 32> digits = {};
  std::snprintf(digits.data(), digits.size(), "%010lld", static_cast<long long>(state.progress.step));
  const auto path = folder / (std::string(kPrefix) + digits.data() + std::string(kSuffix));
  Safetensors content{{}, {{kStateKey, json.dump(-1, ' ', false, Json::error_handler_t::replace)}}};
  for (const auto& [name, tensor] : state.tensors) {
    content.tensors[name] = tensor.detach().to(torch::kCPU).contiguous();
  }
  add_checksum(content);
  write_safetensors(path, content);
  const auto files = state_files(folder);
  for (size_t i = kStatesKept; i < files.size(); ++i) std::filesystem::remove(files[i], code);
}

std::optional<TrainState> load_train_state(const std::filesystem::path& folder,
                                           const std::function<void(const std::string&)>& report) {
  std::string problems;
  for (const auto& path : state_files(folder)) {
    try {
      return read_state(path);
    } catch (const ModelFileError& error) {
      problems += std::string(problems.empty() ? "" : "; ") + error.what();
      report(std::string("falling back to the state before: ") + error.what());
    }
  }
  if (!problems.empty()) throw ModelFileError("no training state in " + folder.string() + " can be read: " + problems);
  return std::nullopt;
}

std::vector<std::string> json_differences(const Json& before, const Json& now) {
  std::vector<std::string> differences;
  collect_differences(before, now, "", differences);
  return differences;
}

}  // namespace multipole
