#include "datasets/rasters/byte_scaling.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "datasets/rasters/chosen_bands.h"

namespace multipole {
namespace {

constexpr const char* kBytes = "uint8";

struct BandLine {
  double offset = 0, factor = 1;
  uint8_t fill = 0;

  uint8_t operator()(double number) const {
    const double scaled = (number - offset) * factor;
    return static_cast<uint8_t>(std::clamp(scaled + 0.5, 0.0, 255.0));
  }
};

}  // namespace

torch::Tensor scale_to_bytes(const RasterPart& part, const BandScaling& scaling, SampleType type) {
  const int64_t rows = part.numbers.size(0), width = part.numbers.size(1), channels = part.numbers.size(2);
  const NumberRange whole = range_of(type);
  std::vector<BandLine> lines(static_cast<size_t>(channels));
  for (size_t c = 0; c < lines.size(); ++c) {
    const double low = scaling.low.empty() ? whole.low : scaling.low.at(c);
    const double high = scaling.high.empty() ? whole.high : scaling.high.at(c);
    lines[c] = {low, 255.0 / (high - low), static_cast<uint8_t>(scaling.fill.empty() ? 0 : scaling.fill.at(c))};
  }
  torch::Tensor bytes = torch::empty({rows, width, channels}, torch::kUInt8);
  const auto* number = part.numbers.data_ptr<double>();
  const auto* const valid = part.valid.defined() ? part.valid.data_ptr<bool>() : nullptr;
  auto* out = bytes.data_ptr<uint8_t>();
  for (int64_t i = 0; i < rows * width; ++i) {
    const bool holds = valid == nullptr || valid[i];
    for (const auto& line : lines) *out++ = holds ? line(*number++) : (++number, line.fill);
  }
  return bytes;
}

std::string check_scaling(const RasterHeader& header, const BandScaling& scaling, const std::string& name) {
  const std::string own = name_of(header.type);
  const auto refuse = [&](const std::string& reason) {
    throw InputError("cannot read " + name + ": it has " + header.description() + ", and the model takes " +
                     (scaling.chosen.size() == 1 ? "band " : "bands ") + band_list(scaling.chosen) + reason);
  };
  if (scaling.count > 0 && scaling.count != header.bands) {
    refuse(" of " + std::to_string(scaling.count) + ": --bands says which of its bands are those");
  }
  if (scaling.type.empty() || scaling.type == own) return "";
  const std::string other = " of " + scaling.type;
  if (scaling.type == kBytes || own == kBytes) refuse(other + ", which its numbers cannot be compared with");
  return "its numbers are " + own + ", and the model was trained on " + scaling.type +
         ": they are scaled as if they were the same";
}

}  // namespace multipole
