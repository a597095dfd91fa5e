#include <gtest/gtest.h>

#include <array>

#include "base/fields.h"

namespace multipole {
namespace {

struct Inner {
  int64_t cell = 4;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("cell", self.cell, "side of a cell in tokens");
  }
  void validate(const std::string& where) const { require(cell > 0, where + ".cell", "must be positive", cell); }
};

struct Outer {
  Inner inner;
  double rate = 0.5;
  bool flag = false;
  int32_t small = 1;
  std::string name = "x";
  std::vector<int64_t> depths = {1, 2};
  std::optional<int64_t> limit;
  Json free = Json::object();
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("inner", self.inner, "");
    field("rate", self.rate, "");
    field("flag", self.flag, "");
    field("small", self.small, "");
    field("name", self.name, "");
    field("depths", self.depths, "");
    field("limit", self.limit, "");
    field("free", self.free, "");
  }
};

std::string message_of(const std::string& text) {
  try {
    config_from_json<Outer>(parse_json(text, "test"), "model");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Fields, RoundTrip) {
  const std::string text =
      R"({"inner":{"cell":7},"rate":0.25,"flag":true,"small":-3,"name":"n","depths":[5],"limit":9,"free":{"a":[1]}})";
  EXPECT_EQ(to_json_config(config_from_json<Outer>(parse_json(text, "test"), "")).dump(), text);
}

TEST(Fields, AbsentKeysKeepDefaults) {
  EXPECT_EQ(to_json_config(config_from_json<Outer>(Json::object(), "")), to_json_config(Outer{}));
}

TEST(Fields, UnknownKeyNamesPathAndNearest) {
  EXPECT_EQ(message_of(R"({"inner":{"cel":3}})"), "model.inner.cel: unknown key, did you mean 'cell'?");
}

TEST(Fields, WrongTypesNameThePath) {
  const std::array<std::pair<const char*, const char*>, 10> cases{{
      {R"({"rate":"1"})", "model.rate"},
      {R"({"flag":1})", "model.flag"},
      {R"({"small":1.5})", "model.small"},
      {R"({"small":3000000000})", "model.small"},
      {R"({"depths":[1,"2"]})", "model.depths[1]"},
      {R"({"depths":3})", "model.depths"},
      {R"({"name":null})", "model.name"},
      {R"({"inner":3})", "model.inner"},
      {R"({"limit":18446744073709551615})", "model.limit"},
      {R"({"inner":{"cell":-1}})", "model.inner.cell: must be positive"},
  }};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(message_of(text).rfind(expected, 0), 0u) << text << " gave '" << message_of(text) << "'";
  }
}

}  // namespace
}  // namespace multipole
