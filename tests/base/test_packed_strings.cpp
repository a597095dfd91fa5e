// Strings of any bytes in one and out again; bytes that are none are refused.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/packed_strings.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(PackedStrings, ComeOutAsTheyWentIn) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> strings(static_cast<size_t>(test::random_int(0, 5)));
    for (auto& string : strings) {
      for (int64_t i = test::random_int(0, 300); i > 0; --i) string += static_cast<char>(test::random_int(0, 255));
    }
    const std::string packed = pack_strings(strings);
    EXPECT_EQ(unpack_strings(packed), strings);
    // within the last string or its length
    if (packed.empty()) continue;
    EXPECT_THROW(unpack_strings(packed.substr(0, packed.size() - 1)), Error) << packed.size();
  }
}

}  // namespace
}  // namespace multipole
