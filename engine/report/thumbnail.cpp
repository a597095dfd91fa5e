#include "engine/report/thumbnail.h"

#include <algorithm>

#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/pictures/resize.h"

namespace multipole {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t j = 0; j < 3; ++j) word = word << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) text += j <= count ? kDigits[word >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string thumbnail_uri(const torch::Tensor& image, int64_t side) {
  const int64_t height = image.size(0), width = image.size(1), longest = std::max(height, width);
  torch::Tensor small = shown_picture(image);
  if (longest > side) {
    small = resize(small, std::max<int64_t>(1, height * side / longest), std::max<int64_t>(1, width * side / longest),
                   Interpolation::kBilinear);
  }
  const auto png = encode_png(small);
  return "data:image/png;base64," + base64({reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace multipole
