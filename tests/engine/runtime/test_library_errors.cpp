// Errors of torch in the library's own kinds.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <new>
#include <stdexcept>
#include <string>

#include "engine/runtime/library_errors.h"

namespace multipole {
namespace {

TEST(LibraryErrors, ResultsPass) {
  EXPECT_EQ(with_library_errors([] { return 7; }), 7);
}

TEST(LibraryErrors, TorchErrorsLoseTheirBacktrace) {
  try {
    with_library_errors([] { torch::zeros({2}).add_(torch::zeros({3})); });
    FAIL();
  } catch (const ResourceError&) {
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("size"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find("frame #"), std::string::npos) << error.what();
  }
}

TEST(LibraryErrors, WantOfMemoryIsAResource) {
  EXPECT_THROW(with_library_errors([] { throw std::bad_alloc(); }), ResourceError);
  constexpr int64_t kTooMuch = int64_t{1} << 60;
  EXPECT_THROW(with_library_errors([] { torch::empty({kTooMuch}, torch::kUInt8); }), ResourceError);
}

TEST(LibraryErrors, OwnErrorsAndThoseOfOthersPass) {
  EXPECT_THROW(with_library_errors([] { throw InputError("a picture"); }), InputError);
  EXPECT_THROW(with_library_errors([] { throw std::out_of_range("an index"); }), std::out_of_range);
}

}  // namespace
}  // namespace multipole
