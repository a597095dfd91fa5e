#include "apps/arguments/decode_options.h"

namespace multipole {
namespace {

constexpr const char* kMaxPixels = "--max-pixels";
constexpr int64_t kLargest = int64_t{1} << 40;
constexpr const char* kMaxPixelsHelp =
    "refuse pictures whose header says more pixels; 256 million if not given, and a billion where segment predict "
    "reads row by row";

}  // namespace

void add_decode_options(CLI::App& command, DecodeOptions& options) {
  command.add_flag("--allow-truncated", options.allow_truncated, "take what a damaged JPEG still shows");
  command
      .add_option_function<int64_t>(
          kMaxPixels, [&options](int64_t max_pixels) { options.max_pixels = options.max_streamed_pixels = max_pixels; },
          kMaxPixelsHelp)
      ->check(CLI::Range(int64_t{1}, kLargest));
}

void add_max_pixels_option(CLI::App& command, std::optional<int64_t>& max_pixels) {
  command.add_option(kMaxPixels, max_pixels, kMaxPixelsHelp)->check(CLI::Range(int64_t{1}, kLargest));
}

}  // namespace multipole
