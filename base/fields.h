// JSON <-> config struct, one key one field, unknown keys refused. A config struct lists its fields once:
//
//   struct StemConfig {
//     int64_t stride = 4;
//     template <class Self, class Field>
//     static void fields(Self& self, Field&& field) {
//       field("stride", self.stride, "pixels a token covers along each side");
//     }
//     void validate(const std::string& where) const;   // optional: throws ConfigError
//   };
//
// read_config(json, "where", struct) keeps the struct's value for every key that the JSON lacks.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace multipole {

namespace detail {

struct AnyField {
  template <class T>
  void operator()(const char*, T&, const char*) const {}
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

[[noreturn]] inline void wrong_type(const std::string& where, const char* expected, const Json& value) {
  throw ConfigError(where + ": expected " + expected + ", got " + value.dump());
}

}  // namespace detail

template <class T>
concept ConfigStruct = requires(T& self) {
  T::fields(self, detail::AnyField{});
};

template <ConfigStruct T>
std::vector<std::string> field_names() {
  std::vector<std::string> names;
  T defaults;
  T::fields(defaults, [&](const char* name, auto&, const char*) { names.emplace_back(name); });
  return names;
}

template <class T>
void read_config(const Json& value, const std::string& where, T& out) {
  if constexpr (ConfigStruct<T>) {
    if (!value.is_object()) detail::wrong_type(where, "an object", value);
    const auto names = field_names<T>();
    for (const auto& [key, unused] : value.items()) {
      if (std::find(names.begin(), names.end(), key) == names.end()) {
        throw ConfigError((where.empty() ? "" : where + ".") + key + ": unknown key" + suggest_name(key, names));
      }
    }
    T::fields(out, [&](const char* name, auto& field, const char*) {
      if (value.contains(name)) read_config(value[name], where.empty() ? name : where + "." + name, field);
    });
    if constexpr (requires { out.validate(where); }) out.validate(where);
  } else if constexpr (std::same_as<T, Json>) {
    merge_json(out, value);
  } else if constexpr (detail::IsOptional<T>::value) {
    if (value.is_null()) {
      out.reset();
    } else {
      read_config(value, where, out.emplace());
    }
  } else if constexpr (detail::IsVector<T>::value) {
    if (!value.is_array()) detail::wrong_type(where, "an array", value);
    out.clear();
    for (size_t i = 0; i < value.size(); ++i) {
      read_config(value[i], where + "[" + std::to_string(i) + "]", out.emplace_back());
    }
  } else if constexpr (std::same_as<T, bool>) {
    if (!value.is_boolean()) detail::wrong_type(where, "true or false", value);
    out = value.get<bool>();
  } else if constexpr (std::integral<T>) {
    if (!value.is_number_integer()) detail::wrong_type(where, "a whole number", value);
    const bool too_large = value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX};
    if (too_large || !std::in_range<T>(value.get<int64_t>())) {
      detail::wrong_type(where, "a number that fits its field", value);
    }
    out = static_cast<T>(value.get<int64_t>());
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) detail::wrong_type(where, "a finite number", value);
    out = value.get<T>();
  } else {
    static_assert(std::same_as<T, std::string>, "a config field of an unsupported type");
    if (!value.is_string()) detail::wrong_type(where, "a string", value);
    out = value.get<std::string>();
  }
}

template <class T>
Json to_json_config(const T& value) {
  if constexpr (ConfigStruct<T>) {
    Json out = Json::object();
    T::fields(value, [&](const char* name, const auto& field, const char*) { out[name] = to_json_config(field); });
    return out;
  } else if constexpr (detail::IsOptional<T>::value) {
    return value ? to_json_config(*value) : Json(nullptr);
  } else if constexpr (detail::IsVector<T>::value) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(to_json_config(item));
    return out;
  } else {
    return Json(value);
  }
}

// A fresh T with the JSON applied over its defaults, validated even where the JSON sets nothing.
template <ConfigStruct T>
T config_from_json(const Json& value, const std::string& where) {
  T out;
  read_config(value, where, out);
  return out;
}

// Throws ConfigError unless `ok`: require(stride > 0, where + ".stride", "must be positive", stride).
template <class T>
void require(bool ok, const std::string& where, const std::string& rule, const T& value) {
  if (!ok) throw ConfigError(where + ": " + rule + ", got " + to_json_config(value).dump());
}

}  // namespace multipole
