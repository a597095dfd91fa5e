#include "datasets/masks/mask_values.h"

#include "base/error.h"
#include "datasets/masks/mask_decode.h"

namespace multipole {

namespace {

void add_values(MaskValues& seen, const torch::Tensor& values) {
  const torch::Tensor dense = values.contiguous();
  const auto* const stored = dense.data_ptr<int32_t>();
  int64_t last = -1;  // neighbours are alike
  for (int64_t i = 0; i < dense.numel(); ++i) {
    if (stored[i] != last) seen.values.insert(last = stored[i]);
  }
}

}  // namespace

std::string MaskValues::text(size_t most) const {
  std::string text;
  size_t count = 0;
  for (const int64_t value : values) {
    if (count++ == most) return text + " and more";
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  }
  return text;
}

MaskValues look_at_masks(const std::vector<PictureAndMask>& pairs, const DecodeOptions& decode,
                         const std::function<bool(const MaskValues&)>& is_enough) {
  MaskValues seen;
  for (const auto& pair : pairs) {
    try {
      const StoredMask mask = read_mask(pair.mask, decode);
      if (mask.is_colored()) {
        seen.has_colors = true;
      } else {
        add_values(seen, mask.values);
      }
      ++seen.num_masks;
    } catch (const InputError&) {
      continue;
    }
    if (is_enough(seen)) break;
  }
  return seen;
}

}  // namespace multipole
