// The ten reader rules, each broken by a file made for it, and the rule's name in the message.
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "engine/files/safetensors_header.h"

namespace multipole {
namespace {

struct BadHeader {
  const char* text;
  uint64_t data_size;
  const char* rule;
};

std::string message_of(const std::string& text, uint64_t data_size) {
  try {
    parse_safetensors_header(text, data_size, "x.safetensors");
  } catch (const ModelFileError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SafetensorsHeader, EveryRuleHasItsName) {
  const BadHeader cases[] = {
      {" {}", 0, "InvalidHeaderStart"},
      {"[]", 0, "InvalidHeaderStart"},
      {"{", 0, "InvalidHeader:"},
      {"{},", 0, "InvalidHeader:"},
      {"{\"a\xff\":{}}", 0, "InvalidHeader:"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
       1, "stands twice"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, "stands twice"},
      {R"({"a":1})", 0, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[1]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,1]}})", 1, "InvalidHeader:"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", 1, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "ValidationOverflow"},
      {R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0, "ValidationOverflow"},
      {R"({"a":{"dtype":"F9","shape":[1],"data_offsets":[0,1]}})", 1, "UnknownDtype"},
      {R"({"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}})", 4, "UnknownDtype"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1, "InvalidOffset"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1, "InvalidOffset"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "TensorInvalidInfo"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "hole or an overlap"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "hole or an overlap"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
       2, "hole or an overlap"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2, "MetadataIncompleteBuffer"},
      {R"({})", 3, "MetadataIncompleteBuffer"},
      {R"({"__metadata__":[]})", 0, "InvalidMetadata"},
      {R"({"__metadata__":{"a":1}})", 0, "InvalidMetadata"},
      {R"({"__metadata__":{"a":{"b":"c"}}})", 0, "InvalidMetadata"},
  };
  for (const auto& bad : cases) {
    const std::string message = message_of(bad.text, bad.data_size);
    EXPECT_NE(message.find(bad.rule), std::string::npos) << bad.text << " gave: " << message;
    EXPECT_NE(message.find("x.safetensors"), std::string::npos) << bad.text;
  }
}

TEST(SafetensorsHeader, DeepNestingIsRefused) {
  const std::string text = "{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}";
  EXPECT_NE(message_of(text, 0).find("InvalidHeader"), std::string::npos);
}

TEST(SafetensorsHeader, LengthIsCheckedWithoutAdding) {
  const auto length_message = [](const std::string& prefix, uint64_t file_size) -> std::string {
    try {
      safetensors_header_length(prefix, file_size, "x");
    } catch (const ModelFileError& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string huge(8, '\xff'), two("\2\0\0\0\0\0\0\0", 8), one("\1\0\0\0\0\0\0\0", 8), none;
  EXPECT_NE(length_message(none, 0).find("HeaderTooSmall"), std::string::npos);
  EXPECT_NE(length_message(two.substr(0, 7), 7).find("HeaderTooSmall"), std::string::npos);
  EXPECT_NE(length_message(huge, 100).find("HeaderTooLarge"), std::string::npos);
  EXPECT_NE(length_message(one, 100).find("InvalidHeaderLength"), std::string::npos);
  EXPECT_NE(length_message(two, 9).find("InvalidHeaderLength"), std::string::npos);
  EXPECT_EQ(safetensors_header_length(two, 10, "x"), 2u);
}

TEST(SafetensorsHeader, AcceptsEmptyAndRankZeroTensorsAndPadding) {
  const auto header = parse_safetensors_header(
      R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]},)"
      R"("__metadata__":{"k":"v"}}    )",
      4, "x");
  EXPECT_TRUE(header.tensors.at("s").shape.empty());
  EXPECT_EQ(header.tensors.at("e").shape, (std::vector<int64_t>{0, 7}));
  EXPECT_EQ(header.metadata.at("k"), "v");
}

TEST(SafetensorsHeader, FormatIsParsedBackAndAligned) {
  SafetensorsHeader header;
  header.metadata["note"] = "caf\xc3\xa9 \"quoted\"";
  header.tensors["b"] = {"F32", {2, 3}, 0, 24};
  header.tensors["a"] = {"U8", {5}, 24, 29};
  const std::string bytes = format_safetensors_header(header);
  EXPECT_EQ(bytes.size() % 8, 0u);
  const uint64_t length = safetensors_header_length(bytes, bytes.size() + 29, "x");
  EXPECT_EQ(length, bytes.size() - 8);
  const auto back = parse_safetensors_header(bytes.substr(8), 29, "x");
  EXPECT_EQ(back.metadata, header.metadata);
  EXPECT_EQ(back.tensors.at("a").begin, 24u);
  EXPECT_EQ(back.tensors.at("b").shape, (std::vector<int64_t>{2, 3}));
}

}  // namespace
}  // namespace multipole
