#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/random_source.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  std::cout << "MULTIPOLE_TEST_SEED=" << multipole::test::test_seed() << std::endl;
  const int result = RUN_ALL_TESTS();
  if (::testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    std::cerr << "no test matches the filter: nothing was tested" << std::endl;
    return 1;
  }
  return result;
}
