// JSON into a config struct: refused with ConfigError, or written out and read back it is the same.
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/fields.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

struct Inner {
  double rate = 0.5;
  std::vector<int64_t> sizes = {1, 2};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("rate", self.rate, "");
    field("sizes", self.sizes, "");
  }
  void validate(const std::string& where) const { require(rate >= 0, where + ".rate", "must not be negative", rate); }
};

// A field of every kind that configs have.
struct Outer {
  int64_t count = 3;
  bool enabled = true;
  std::string name = "x";
  std::optional<double> limit;
  Inner inner;
  std::vector<Inner> list;
  Json free = Json::object();

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("count", self.count, "");
    field("enabled", self.enabled, "");
    field("name", self.name, "");
    field("limit", self.limit, "");
    field("inner", self.inner, "");
    field("list", self.list, "");
    field("free", self.free, "");
  }
};

}  // namespace

std::vector<std::string> seeds() {
  return {R"({"count":7,"enabled":false,"name":"caf\u00e9","limit":1e-3,"inner":{"rate":2.5,"sizes":[3,4,5]}})",
          R"({"list":[{"rate":0},{"sizes":[]}],"limit":null,"free":{"type":"a","deep":[[1,{"b":"\ud83d\ude00"}]]}})",
          "inner.rate=0.25", "free.a.b={\"c\":[1,2]}"};
}

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    Json json;
    if (text.find('=') < text.find('{')) {
      set_by_path(json, text);
    } else {
      json = parse_json(text, "fuzz");
    }
    const auto config = config_from_json<fuzz::Outer>(json, "");
    const Json written = to_json_config(config);
    const Json again = parse_json(written.dump(), "fuzz");
    if (to_json_config(config_from_json<fuzz::Outer>(again, "")) != written)
      fuzz::fail("a config reads back as itself");
  } catch (const ConfigError&) {
  }
  return 0;
}
