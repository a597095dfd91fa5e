#include "datasets/loading/resolution_schedule.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>

#include <algorithm>
#include <cmath>

namespace multipole {

void ResolutionSchedule::validate(const std::string& where) const {
  require(first > 0 && first <= 1, where + ".first", "must be above 0 and at most 1", first);
  require(until >= 0 && until <= 1, where + ".until", "must be in [0, 1]", until);
  require(multiple >= 1 && multiple <= 1024, where + ".multiple", "must be from 1 to 1024", multiple);
}

int64_t picture_size(const ResolutionSchedule& schedule, int64_t image_size, int64_t epoch, int64_t epochs) {
  const double growing = schedule.until * static_cast<double>(epochs), done = static_cast<double>(epoch);
  if (!schedule.is_on() || done >= growing) return image_size;
  const double share = schedule.first + (1 - schedule.first) * done / growing;
  const double multiples = share * static_cast<double>(image_size) / static_cast<double>(schedule.multiple);
  const int64_t size = std::max<int64_t>(1, std::llround(multiples)) * schedule.multiple;
  return std::min(size, image_size);
}

torch::Tensor resize_batch(const torch::Tensor& images, int64_t size) {
  if (images.size(0) == 0 || (images.size(2) == size && images.size(3) == size)) return images;
  return at::_upsample_bilinear2d_aa(images, {size, size}, /*align_corners=*/false)
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace multipole
