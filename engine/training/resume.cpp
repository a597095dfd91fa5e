#include "engine/training/resume.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace multipole {

namespace {

// Config values that only change how fast or how talkative training is, or what it refuses.
const std::vector<std::pair<const char*, const char*>>& free_values() {
  static const std::vector<std::pair<const char*, const char*>> list = {
      {"data", "workers"},    {"data", "prefetch"},   {"data", "cache_gib"},
      {"data", "max_pixels"}, {"train", "log_every"}, {"train", "checkpoint_minutes"},
      {"train", "max_bad"}};
  return list;
}

Json without_free_values(Json config) {
  for (const auto& [section, key] : free_values()) {
    if (config.contains(section)) config[section].erase(key);
  }
  return config;
}

// As the state's file holds it: bytes of a class name that are not UTF-8 are replaced there.
Json as_stored(const Json& value) { return Json::parse(value.dump(-1, ' ', false, Json::error_handler_t::replace)); }

// Takes the length out of both configs where it grew.
std::optional<Extension> take_extension(Json& before, Json& now, const Json::json_pointer& length) {
  const auto whole = [&](const Json& config) { return config.contains(length) && config[length].is_number_integer(); };
  if (!whole(before) || !whole(now) || now[length] <= before[length]) return std::nullopt;
  const Extension extension{before[length].get<int64_t>(), now[length].get<int64_t>()};
  before[length] = now[length];
  return extension;
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

std::optional<TrainState> find_state(const RunFolder& run, const ResumeOptions& options, TrainObserver& observer) {
  const auto report = [&](const std::string& message) { observer.on_message(message); };
  if (options.mode == ResumeMode::kPath) {
    std::error_code missing;
    const bool same = std::filesystem::equivalent(options.path, run.path(), missing);
    if (run.has_run() && !same) {
      throw ConfigError(run.path().string() + " already holds a run; to resume from " + options.path.string() +
                        ", write to another folder");
    }
    auto state = load_train_state(options.path / run.last_path().filename(), report);
    if (!state) throw ConfigError("nothing to resume from in " + options.path.string() + ": it holds no saved state");
    return state;
  }
  if (!run.has_run()) return std::nullopt;
  if (options.mode == ResumeMode::kNever) {
    throw ConfigError(run.path().string() + " already holds a run; choose another folder, or allow to resume it");
  }
  auto state = load_train_state(run.last_path(), report);
  if (!state) observer.on_message(run.path().string() + " holds a run without a saved state: it starts anew");
  return state;
}

std::optional<Extension> check_state(const TrainState& state, const TrainState& now, bool force,
                                     TrainObserver& observer, const char* length) {
  Json before = without_free_values(state.config), after = without_free_values(as_stored(now.config));
  const auto extension = take_extension(before, after, Json::json_pointer(length));
  auto differences = json_differences(before, after);
  for (const auto& line : json_differences(state.data, as_stored(now.data))) differences.push_back("data set: " + line);
  if (!differences.empty()) {
    if (!force) {
      throw ConfigError("the saved run was made with other values: " + join(differences) +
                        ". Give the same ones, take these with --force, or start a new run in another folder");
    }
    observer.on_message("resumed with other values: " + join(differences));
  }
  const auto build = json_differences(state.build, now.build);
  if (!build.empty()) observer.on_message("resumed, but not to the same bits: " + join(build));
  return extension;
}

}  // namespace multipole
