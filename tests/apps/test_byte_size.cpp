// Amounts of memory: reading and writing them.
#include <gtest/gtest.h>

#include "apps/arguments/byte_size.h"
#include "base/error.h"
#include "engine/runtime/process_memory.h"

namespace multipole {
namespace {

TEST(ByteSize, WhatPeopleWrite) {
  EXPECT_EQ(parse_byte_size("2GiB", "x"), int64_t{2} << 30);
  EXPECT_EQ(parse_byte_size("2g", "x"), int64_t{2} << 30);
  EXPECT_EQ(parse_byte_size("1.5M", "x"), 3 << 19);
  EXPECT_EQ(parse_byte_size("2GB", "x"), 2'000'000'000);
  EXPECT_EQ(parse_byte_size("3kB", "x"), 3000);
  EXPECT_EQ(parse_byte_size("700B", "x"), 700);
  EXPECT_EQ(parse_byte_size("1048576", "x"), 1 << 20);
  for (const std::string text : {"2", "512"}) {
    try {
      parse_byte_size(text, "--memory-limit");
      ADD_FAILURE() << text;
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()), "--memory-limit " + text + " has no unit and would be " + text +
                                               " bytes; did you mean " + text + (text == "2" ? "GiB?" : "MiB?"));
    }
  }
  for (const char* text :
       {"", "GiB", "-1G", "1,5G", "2 GiB", "2GiBs", "1e3", "nan", "inf", "0", "9999999T", "2", "1048575"}) {
    EXPECT_THROW(parse_byte_size(text, "--memory-limit"), ConfigError) << text;
  }
}

TEST(ByteSize, WhatPeopleRead) {
  EXPECT_EQ(binary_byte_count(5), "5 B");
  EXPECT_EQ(binary_byte_count(1536), "1.50 KiB");
  EXPECT_EQ(binary_byte_count(512.0 * (1 << 20)), "512 MiB");
  EXPECT_EQ(binary_byte_count(13.25 * (1 << 30)), "13.2 GiB");
}

TEST(ProcessMemory, IsPositiveAndOrdered) {
  EXPECT_GT(resident_bytes(), 1 << 20);
  EXPECT_GE(peak_resident_bytes() + (1 << 20), resident_bytes());
  EXPECT_GT(spare_bytes(), 0);
}

}  // namespace
}  // namespace multipole
