#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/random_source.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  std::cout << "MULTIPOLE_TEST_SEED=" << multipole::test::test_seed() << std::endl;
  return RUN_ALL_TESTS();
}
