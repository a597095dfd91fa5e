// Things by name: attention mechanisms, heads, optimisers, families of backbones, tasks, layouts. A registry is filled
// from an explicit list beside it, never by the initialisation of static objects; a program that uses the library may
// add() to it before it uses what the registry is for.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace multipole {

// Keeps the order in which entries were added. Reading it from several threads is safe, adding is not.
template <class Entry>
class Registry {
 public:
  // `kind` is what an entry is called in messages: "attention".
  Registry(std::string kind, std::vector<std::pair<std::string, Entry>> entries) : kind_(std::move(kind)) {
    for (auto& [name, entry] : entries) add(std::move(name), std::move(entry));
  }

  // Throws std::logic_error where the name is empty or stands already: two entries of one name are a defect.
  void add(std::string name, Entry entry) {
    if (name.empty() || contains(name)) throw std::logic_error("two entries for the " + kind_ + " '" + name + "'");
    entries_.emplace_back(std::move(name), std::move(entry));
  }

  bool contains(const std::string& name) const { return position(name) != entries_.size(); }

  // Throws ConfigError that begins with `where` and suggests the nearest name.
  const Entry& find(const std::string& name, const std::string& where) const {
    const size_t found = position(name);
    if (found == entries_.size()) {
      throw ConfigError(where + ": unknown " + kind_ + " '" + name + "'" + suggest_name(name, names()));
    }
    return entries_[found].second;
  }

  // The entry that config["type"] names. Throws ConfigError for what is no such object, and as find() does.
  const Entry& of_type(const Json& config, const std::string& where) const {
    if (!config.is_object() || !config.contains("type") || !config["type"].is_string()) {
      throw ConfigError(where + ": expected an object with a \"type\", got " + config.dump());
    }
    return find(config["type"].get<std::string>(), where + ".type");
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) names.push_back(entry.first);
    return names;
  }

  const std::vector<std::pair<std::string, Entry>>& entries() const { return entries_; }

 private:
  size_t position(const std::string& name) const {
    const auto found = std::ranges::find(entries_, name, &std::pair<std::string, Entry>::first);
    return static_cast<size_t>(found - entries_.begin());
  }

  std::string kind_;
  std::vector<std::pair<std::string, Entry>> entries_;
};

}  // namespace multipole
