// What the tests of wrong arguments share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {

// The call throws c10::Error with each of the parts in its message.
template <typename Call>
void expect_error(Call&& call, const std::vector<std::string>& parts) {
  try {
    call();
    ADD_FAILURE() << "no error; expected one with '" << parts.front() << "'";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
    }
  }
}

// Small, with everything that the op takes.
inline OracleArgs2d good_args() { return random_args({1, 9, 12, 2, 4, 2, 4, true, true}, torch::kFloat32); }

}  // namespace multipole::test
