#include "backbone/families/model_size.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"

namespace multipole {
namespace {

constexpr double kBytesPerGib = 1 << 30;

double bytes_of(const ModelPart& part) { return part.parameters * kBytesPerParameter + part.blocks * kBytesPerBlock; }

std::string one_decimal(double value) {
  std::array<char, 400> text;  // the longest double
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 1).ptr;
  return {text.data(), end};
}

std::string gib_text(double bytes) { return one_decimal(bytes / kBytesPerGib) + " GiB"; }

}  // namespace

double count_parameters(const std::vector<ModelPart>& parts) {
  double parameters = 0;
  for (const auto& part : parts) parameters += part.parameters;
  return parameters;
}

std::string parameters_text(double parameters) { return one_decimal(parameters / 1e6) + " million parameters"; }

void require_model_size(const std::vector<ModelPart>& parts, const std::string& where) {
  double bytes = 0, blocks = 0;
  for (const auto& part : parts) {
    bytes += bytes_of(part);
    blocks += part.blocks;
  }
  if (bytes <= kMostModelBytes) return;
  const auto largest = std::ranges::max_element(parts, {}, bytes_of);
  throw ConfigError(where + ": a model of " + parameters_text(count_parameters(parts)) + " in " +
                    std::to_string(static_cast<int64_t>(blocks)) + " blocks takes " + gib_text(bytes) +
                    " before it computes anything, and at most " + gib_text(kMostModelBytes) + " is built; " +
                    gib_text(bytes_of(*largest)) + " of that is " + largest->name + ": make it smaller");
}

}  // namespace multipole
