#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/error.h"
#include "base/registry.h"

namespace multipole {
namespace {

Registry<int> fruits() { return {"fruit", {{"apple", 1}, {"pear", 2}}}; }

std::string message_of(const Json& config) {
  try {
    fruits().of_type(config, "basket");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(RegistryTest, FindsByNameInTheOrderGiven) {
  auto registry = fruits();
  EXPECT_EQ(registry.find("pear", "here"), 2);
  EXPECT_EQ(registry.of_type({{"type", "apple"}, {"other", 3}}, "here"), 1);
  registry.add("fig", 3);
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"apple", "pear", "fig"}));
  EXPECT_TRUE(registry.contains("fig"));
  EXPECT_FALSE(registry.contains("plum"));
}

TEST(RegistryTest, TwoOfOneNameAreADefect) {
  auto registry = fruits();
  EXPECT_THROW(registry.add("pear", 4), std::logic_error);
  EXPECT_THROW(registry.add("", 4), std::logic_error);
  EXPECT_EQ(registry.find("pear", "here"), 2);
  EXPECT_THROW((Registry<int>("fruit", {{"apple", 1}, {"apple", 2}})), std::logic_error);
}

TEST(RegistryTest, AnUnknownNameSuggestsTheNearest) {
  EXPECT_EQ(message_of({{"type", "appel"}}), "basket.type: unknown fruit 'appel', did you mean 'apple'?");
  EXPECT_EQ(message_of({{"type", "strawberry"}}), "basket.type: unknown fruit 'strawberry'; known: apple, pear");
  for (const Json& config : {Json("apple"), Json::object(), Json({{"type", 3}}), Json(nullptr)}) {
    EXPECT_EQ(message_of(config), "basket: expected an object with a \"type\", got " + config.dump());
  }
}

}  // namespace
}  // namespace multipole
