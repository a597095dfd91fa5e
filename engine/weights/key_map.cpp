#include "engine/weights/key_map.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <vector>

#include "base/error.h"

namespace multipole {
namespace {

struct Rule {
  std::regex pattern;
  std::optional<std::string> name;  // nothing: leave the weight out
};

// The pattern as a regular expression with a group for each "*".
std::regex expression_of(const std::string& pattern) {
  std::string text;
  for (const char c : pattern) {
    if (c == '*') {
      text += "(.*)";
    } else {
      if (std::string("\\^$.|?+()[]{}").find(c) != std::string::npos) text += '\\';
      text += c;
    }
  }
  return std::regex(text);
}

std::vector<Rule> read_rules(const Json& key_map, const std::string& source) {
  if (!key_map.is_object()) throw ConfigError(source + ": a key map is an object of patterns and new names");
  std::vector<Rule> rules;
  for (const auto& [pattern, name] : key_map.items()) {
    if (!name.is_string() && !name.is_null()) {
      throw ConfigError(source + ": " + pattern + ": expected a new name or null, got " + name.dump());
    }
    Rule& rule = rules.emplace_back(Rule{expression_of(pattern), std::nullopt});
    if (name.is_null()) continue;
    rule.name = name.get<std::string>();
    if (std::count(rule.name->begin(), rule.name->end(), '*') > std::count(pattern.begin(), pattern.end(), '*')) {
      throw ConfigError(source + ": " + *rule.name + " has more * than " + pattern);
    }
  }
  return rules;
}

std::string filled(const std::string& name, const std::smatch& match) {
  std::string text;
  size_t group = 0;
  for (const char c : name) text += c == '*' ? match[++group].str() : std::string(1, c);
  return text;
}

// The new name; nothing where the weight is left out.
std::optional<std::string> renamed(const std::string& name, const std::vector<Rule>& rules) {
  for (const auto& rule : rules) {
    std::smatch match;
    if (!std::regex_match(name, match, rule.pattern)) continue;
    if (!rule.name) return std::nullopt;
    return filled(*rule.name, match);
  }
  return name;
}

}  // namespace

std::map<std::string, torch::Tensor> rename_weights(const std::map<std::string, torch::Tensor>& weights,
                                                    const Json& key_map, const std::string& source) {
  const auto rules = read_rules(key_map, source);
  std::map<std::string, torch::Tensor> result;
  for (const auto& [name, tensor] : weights) {
    const auto own = renamed(name, rules);
    if (!own) continue;
    if (!result.emplace(*own, tensor).second) {
      throw ConfigError(source + ": two weights would be named " + *own + ", one of them " + name);
    }
  }
  return result;
}

}  // namespace multipole
