#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json_text.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// The texts are those of Python: json.dumps(bytes.decode("utf-8", "surrogateescape")).
TEST(JsonText, BytesThatAreNoUtf8AreLoneSurrogates) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a\xff.jpg", R"("a\udcff.jpg")"},
      {"\x80\xbf", R"("\udc80\udcbf")"},
      {"\xc3\xa9\xe9", "\"\xc3\xa9\\udce9\""},
      {"\xe2\x82", R"("\udce2\udc82")"},                        // cut short
      {"\xe2\x82\x41", R"("\udce2\udc82A")"},                   // cut short
      {"\xc0\xaf", R"("\udcc0\udcaf")"},                        // overlong
      {"\xe0\x80\xaf", R"("\udce0\udc80\udcaf")"},              // overlong
      {"\xf0\x80\x80\xaf", R"("\udcf0\udc80\udc80\udcaf")"},    // overlong
      {"\xed\xb3\xbf", R"("\udced\udcb3\udcbf")"},              // a surrogate spelt as a character
      {"\xf4\x90\x80\x80", R"("\udcf4\udc90\udc80\udc80")"},    // beyond U+10FFFF
      {"\xf0\x9f\x90\x88\"\n", "\"\xf0\x9f\x90\x88\\\"\\n\""},  // a cat, a quote, a line feed
      {"", R"("")"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(json_text(Json(bytes)), text);
    EXPECT_EQ(parse_json_text(text, "text"), Json(bytes)) << text;
  }
}

TEST(JsonText, OtherwiseItIsWhatTheLibraryWrites) {
  const Json value = parse_json(
      R"({"a": [1, -2.5e-7, true, null, []], "b": {}, "": {"c": ["x\u0000\\\"\u007f", {"d": [[0]]}]}, "e": 1e300})",
      "test");
  for (const int indent : {-1, 0, 1, 2, 7}) EXPECT_EQ(json_text(value, indent), value.dump(indent)) << indent;
  EXPECT_EQ(json_text(Json()), "null");
}

TEST(JsonText, RandomBytesComeBack) {
  const auto random_bytes = [] {
    // what escapes and characters are made of, among bytes of all kinds
    const std::string choices = std::string("\\u0dc8\xed\xb3\xf0\x9f\xc3\xa9") + '\0';
    std::string text;
    for (int64_t left = test::random_int(0, 12); left > 0; --left) {
      const auto choice = static_cast<size_t>(test::random_int(0, static_cast<int64_t>(choices.size()) - 1));
      text += test::random_int(0, 1) == 0 ? choices[choice] : static_cast<char>(test::random_int(0, 255));
    }
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    Json value = Json::object();
    value[random_bytes()] = Json::array({random_bytes(), random_bytes()});
    const std::string text = json_text(value, static_cast<int>(test::random_int(-1, 2)));
    EXPECT_EQ(parse_json_text(text, "text"), value) << text;
    EXPECT_NO_THROW(static_cast<void>(Json(text).dump())) << "not UTF-8";
  }
}

TEST(JsonText, WhatOnlyLooksLikeABytesEscape) {
  EXPECT_EQ(parse_json_text(R"("\ud83d\udc88")", "text"), Json("\xf0\x9f\x92\x88"));  // a pair
  EXPECT_EQ(parse_json_text(R"("\\udcff")", "text"), Json("\\udcff"));                // an escaped backslash
  EXPECT_EQ(parse_json_text(R"("\u0000ff")", "text"), Json(std::string("\0ff", 3)));
  EXPECT_EQ(parse_json_text(R"("\uDCFF")", "text"), Json("\xff"));
  for (const char* broken :
       {R"("\udc7f")", R"("\ud83d")", R"("\ud83d\ud83d")", R"("\udc)", R"("\)", R"({"a":1,"a":2})"}) {
    EXPECT_THROW(parse_json_text(broken, "text"), ConfigError) << broken;
  }
}

}  // namespace
}  // namespace multipole
