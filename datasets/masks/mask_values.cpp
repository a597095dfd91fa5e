#include "datasets/masks/mask_values.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/masks/mask_rows.h"

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

// Some rows at a time: a mask may be as large as the raster that it belongs to.
void add_mask(MaskValues& seen, const std::filesystem::path& path, const DecodeOptions& decode) {
  constexpr int64_t kPixelsAtOnce = int64_t{1} << 22;
  const auto rows = open_mask_rows(path, decode);
  const int64_t most = std::max<int64_t>(1, kPixelsAtOnce / rows->width());
  for (int64_t y = 0; y < rows->height(); y += most) {
    const StoredMask mask = rows->read(std::min(most, rows->height() - y));
    const torch::Tensor values = gray_values(mask);
    seen.has_colors |= !values.defined();
    if (values.defined()) add_values(seen, mask.ignored.defined() ? values.masked_select(~mask.ignored) : values);
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
      add_mask(seen, pair.mask, decode);
      ++seen.num_masks;
    } catch (const InputError&) {
      continue;
    }
    if (is_enough(seen)) break;
  }
  return seen;
}

}  // namespace multipole
