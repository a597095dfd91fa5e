#include <torch/utils.h>

#include "datasets/pictures/read_picture.h"

namespace multipole {

torch::Tensor shown_picture(const torch::Tensor& picture) {
  const int64_t channels = picture.size(2);
  if (channels == 3) return picture;
  if (channels > 3) return picture.slice(2, 0, 3).contiguous();
  return picture.slice(2, 0, 1).expand({picture.size(0), picture.size(1), 3}).contiguous();
}

}  // namespace multipole
