#include "apps/arguments/decode_options.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace multipole {
namespace {

constexpr const char* kMaxPixels = "--max-pixels";
constexpr int64_t kLargest = int64_t{1} << 40;
constexpr const char* kMaxPixelsHelp =
    "refuse pictures whose header says more pixels; 256 million if not given, and a billion where segment predict "
    "reads row by row";

std::vector<int64_t> parse_bands(const std::string& text) {
  std::vector<int64_t> bands;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    int64_t band = 0;
    const auto [rest, code] = std::from_chars(text.data() + begin, text.data() + end, band);
    if (code != std::errc() || rest != text.data() + end || band < 1) {
      throw ConfigError("--bands " + text +
                        ": expected numbers of bands from 1 with commas between them, such as 4,3,2");
    }
    bands.push_back(band);
    begin = end + 1;
  }
  return bands;
}

}  // namespace

void add_bands_option(CLI::App& command, std::vector<int64_t>& bands, const std::string& meaning) {
  command
      .add_option_function<std::string>(
          "--bands", [&bands](const std::string& text) { bands = parse_bands(text); },
          "bands of rasters, counted from 1 as GDAL does: " + meaning)
      ->option_text("4,3,2");
}

void add_model_bands_option(CLI::App& command, DecodeOptions& options) {
  add_bands_option(
      command, options.bands.chosen,
      "those that the model sees, in the order of its training; needed where files have them in other places");
}

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
