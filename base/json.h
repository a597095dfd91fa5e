// Strict JSON: duplicate keys, deep nesting, comments and trailing commas are errors that name the source.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

// Ordered, so that a config is written in the order of its struct.
using Json = nlohmann::ordered_json;

// Parses `text`; throws ConfigError that names `source` (a path or an option) and the position.
Json parse_json(std::string_view text, const std::string& source);

// Reads and parses a file; throws ConfigError when it cannot be read.
Json read_json_file(const std::filesystem::path& path);

// Merges `overrides` into `base`, objects key by key, everything else replaced. An object whose "type" differs from
// the base's replaces it whole, since the fields of one type mean nothing to another.
void merge_json(Json& base, const Json& overrides);

// Applies one "a.b.c=value" to `config`. The value is JSON where it parses as JSON and a string otherwise; what begins
// with '{', '[' or '"' has to be JSON. Throws ConfigError for that and for bytes that are not UTF-8.
void set_by_path(Json& config, const std::string& assignment);

// The candidate with the smallest edit distance to `key`, or "" when none is close enough to be a slip.
std::string nearest_name(const std::string& key, const std::vector<std::string>& candidates);

// ", did you mean 'x'?" or, with nothing close, "; known: a, b, c".
std::string suggest_name(const std::string& key, const std::vector<std::string>& candidates);

}  // namespace multipole
