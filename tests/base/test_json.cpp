#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace multipole {
namespace {

std::string parse_error_of(const std::string& text) {
  try {
    parse_json(text, "file.json");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ParseJson, RefusesWhatTheStandardRefuses) {
  for (const std::string text : {"", "{", "{\"a\":1,}", "[1,2", "{\"a\":1e999}", "{a:1}", "// x\n{}", "{} {}", "nan"}) {
    EXPECT_NE(parse_error_of(text).find("file.json"), std::string::npos) << text;
  }
}

TEST(ParseJson, RefusesDuplicateKeysAtAnyDepth) {
  EXPECT_NE(parse_error_of(R"({"a":{"b":1,"b":2}})").find("'b' stands twice"), std::string::npos);
  EXPECT_EQ(parse_error_of(R"({"a":{"b":1},"c":{"b":2}})"), "");
}

TEST(ParseJson, RefusesDeepNesting) {
  EXPECT_NE(parse_error_of(std::string(10000, '[') + std::string(10000, ']')).find("nested deeper"), std::string::npos);
  EXPECT_EQ(parse_error_of(std::string(60, '[') + std::string(60, ']')), "");
}

TEST(MergeJson, MergesObjectsAndReplacesTheRest) {
  Json base = parse_json(R"({"a":{"x":1,"y":[1,2]},"b":2})", "base");
  merge_json(base, parse_json(R"({"a":{"y":[3]},"c":null})", "overrides"));
  EXPECT_EQ(base.dump(), R"({"a":{"x":1,"y":[3]},"b":2,"c":null})");
}

TEST(MergeJson, AnotherTypeReplacesTheWholeObject) {
  Json base = parse_json(R"({"attention":{"type":"multipole2d","cell":4}})", "base");
  merge_json(base, parse_json(R"({"attention":{"type":"full"}})", "overrides"));
  EXPECT_EQ(base.dump(), R"({"attention":{"type":"full"}})");
}

TEST(SetByPath, TakesJsonOrText) {
  Json config = Json::object();
  set_by_path(config, "train.epochs=3");
  set_by_path(config, "train.name=a=b");
  set_by_path(config, "dims=[1,2]");
  EXPECT_EQ(config.dump(), R"({"train":{"epochs":3,"name":"a=b"},"dims":[1,2]})");
  EXPECT_THROW(set_by_path(config, "epochs"), ConfigError);
  EXPECT_THROW(set_by_path(config, "=3"), ConfigError);
  EXPECT_THROW(set_by_path(config, "a..b=3"), ConfigError);
}

TEST(SetByPath, WhatOpensLikeJsonHasToBeJson) {
  Json config = Json::object();
  EXPECT_THROW(set_by_path(config, "a={\"b\":1,\"b\":2}"), ConfigError);
  EXPECT_THROW(set_by_path(config, "a=[1,2,]"), ConfigError);
  EXPECT_THROW(set_by_path(config, "a=" + std::string(100000, '[')), ConfigError);
  EXPECT_THROW(set_by_path(config, "a=\xff"), ConfigError);
  set_by_path(config, "a=NaN");
  EXPECT_EQ(config["a"], "NaN");
}

TEST(SuggestName, NamesTheNearestOrLists) {
  EXPECT_EQ(suggest_name("epohcs", {"epochs", "batch_size"}), ", did you mean 'epochs'?");
  EXPECT_EQ(suggest_name("zzz", {"epochs", "batch_size"}), "; known: epochs, batch_size");
}

}  // namespace
}  // namespace multipole
