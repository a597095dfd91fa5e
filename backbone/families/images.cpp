#include "backbone/families/images.h"

#include <torch/utils.h>

#include "backbone/layers/token_mass.h"

namespace multipole {

torch::Tensor pixel_masses(const Images& images) {
  const auto& [pixels, validity] = images;
  if (!validity.defined()) return validity;
  TORCH_CHECK(validity.dim() == 3 && validity.size(0) == pixels.size(0) && validity.size(1) == pixels.size(2) &&
                  validity.size(2) == pixels.size(3),
              "validity: expected (", pixels.size(0), ", ", pixels.size(2), ", ", pixels.size(3), "), got ",
              validity.sizes());
  const auto type = pixels.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat;
  return counted_mass(validity.to(pixels.device(), type));
}

torch::Tensor valid_pixels(const Images& images, const torch::Tensor& masses) {
  return masses.defined() ? images.pixels.masked_fill(masses.le(0).unsqueeze(1), 0) : images.pixels;
}

}  // namespace multipole
