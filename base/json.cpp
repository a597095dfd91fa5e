#include "base/json.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"

namespace multipole {
namespace {

constexpr int kMaxDepth = 64;

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
  } catch (const Json::type_error&) {
    return false;
  }
  return true;
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        if (depth >= kMaxDepth) throw ConfigError(source + ": nested deeper than 64 levels");
        keys.emplace_back();
        break;
      case Json::parse_event_t::array_start:
        if (depth >= kMaxDepth) throw ConfigError(source + ": nested deeper than 64 levels");
        break;
      case Json::parse_event_t::object_end:
        keys.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!keys.back().insert(parsed.get<std::string>()).second) {
          throw ConfigError(source + ": the key '" + parsed.get<std::string>() + "' stands twice");
        }
        break;
      default:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError(source + ": not valid JSON: " + error.what());
  }
}

Json read_json_file(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) {
    throw ConfigError("cannot read config " + path.string() + ": " +
                      (code ? code.message() : std::string("not a regular file")));
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw ConfigError("cannot read config " + path.string());
  return parse_json(text.str(), path.string());
}

void merge_json(Json& base, const Json& overrides) {
  if (!base.is_object() || !overrides.is_object()) {
    base = overrides;
    return;
  }
  if (overrides.contains("type") && base.contains("type") && base["type"] != overrides["type"]) {
    base = overrides;
    return;
  }
  for (const auto& [key, value] : overrides.items()) merge_json(base[key], value);
}

void set_by_path(Json& config, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError("--set " + assignment + ": expected a.b=value");
  }
  if (!is_utf8(assignment)) throw ConfigError("--set: the assignment is not UTF-8");
  const std::string path = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  Json value = text;
  // what opens like JSON has to be JSON: as a string it would fail later and say less
  if (text.find_first_of("{[\"") == 0) {
    value = parse_json(text, "--set " + path);
  } else if (Json scalar = Json::parse(text, nullptr, false); scalar.is_primitive() && !scalar.is_discarded()) {
    value = std::move(scalar);
  }
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t dot = std::min(path.find('.', begin), path.size());
    if (dot == begin) throw ConfigError("--set " + assignment + ": empty name in the key");
    parts.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  Json patch = std::move(value);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    Json outer = Json::object();
    outer[*part] = std::move(patch);
    patch = std::move(outer);
  }
  merge_json(config, patch);
}

std::string nearest_name(const std::string& key, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, key.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    std::vector<size_t> row(candidate.size() + 1);
    for (size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= key.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j < row.size(); ++j) {
        const size_t substituted = diagonal + (key[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string suggest_name(const std::string& key, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(key, candidates);
  if (!nearest.empty()) return ", did you mean '" + nearest + "'?";
  std::string known;
  for (const auto& candidate : candidates) known += (known.empty() ? "" : ", ") + candidate;
  return "; known: " + known;
}

}  // namespace multipole
