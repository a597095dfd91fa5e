#include "apps/embed/packed_embedding.h"

#include <torch/utils.h>

#include <cstring>
#include <utility>

#include "base/packed_strings.h"

namespace multipole {
namespace {

constexpr size_t kStrings = 6;  // of a picture

template <class Number>
std::string bytes_of(const Number* first, int64_t count) {
  return {reinterpret_cast<const char*>(first), static_cast<size_t>(count) * sizeof(Number)};
}

torch::Tensor tensor_of(const std::string& sizes, const std::string& numbers) {
  if (sizes.empty()) return {};
  std::vector<int64_t> shape(sizes.size() / sizeof(int64_t));
  std::memcpy(shape.data(), sizes.data(), shape.size() * sizeof(int64_t));
  auto tensor = torch::empty(shape);
  std::memcpy(tensor.data_ptr(), numbers.data(), numbers.size());
  return tensor;
}

}  // namespace

std::string pack_pictures(const std::vector<EmbeddedPicture>& pictures) {
  std::vector<std::string> strings;
  for (const auto& picture : pictures) {
    const auto& features = picture.embedding.features;
    strings.push_back(std::to_string(picture.index));
    strings.push_back(picture.path);
    strings.emplace_back(picture.is_unreadable ? "unreadable" : "");
    strings.push_back(picture.embedding.error);
    strings.push_back(features.defined() ? bytes_of(features.sizes().data(), features.dim()) : "");
    strings.push_back(features.defined() ? bytes_of(features.data_ptr<float>(), features.numel()) : "");
  }
  return pack_strings(strings);
}

std::vector<EmbeddedPicture> unpack_pictures(std::string_view packed) {
  const auto strings = unpack_strings(packed);
  std::vector<EmbeddedPicture> pictures;
  for (size_t i = 0; i + kStrings <= strings.size(); i += kStrings) {
    pictures.push_back({std::stoll(strings[i]),
                        strings[i + 1],
                        !strings[i + 2].empty(),
                        {.features = tensor_of(strings[i + 4], strings[i + 5]), .notes = {}, .error = strings[i + 3]}});
  }
  return pictures;
}

}  // namespace multipole
