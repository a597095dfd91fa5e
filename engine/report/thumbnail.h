// Small pictures inside a page.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace multipole {

// (H, W, C) uint8, of bands the shown ones (read_picture.h) -> "data:image/png;base64,..." of the whole picture, its
// longer side at most `side` pixels.
std::string thumbnail_uri(const torch::Tensor& image, int64_t side = 128);

// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace multipole
