#include "tasks/sequence/byte_text.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/checksum.h"
#include "base/read_file.h"

namespace multipole {
namespace {

constexpr int64_t kMostBytes = int64_t{8} << 30;

torch::Tensor to_tensor(std::vector<uint8_t>& bytes) {
  return torch::from_blob(bytes.data(), {static_cast<int64_t>(bytes.size())}, torch::kUInt8).clone();
}

}  // namespace

ByteText::ByteText(std::vector<uint8_t> bytes) : bytes_(to_tensor(bytes)) {}

ByteText ByteText::read(const std::filesystem::path& path) { return ByteText(read_file(path, kMostBytes)); }

std::string ByteText::checksum() const {
  const auto dense = bytes_.contiguous();
  Checksum sum;
  sum.add(dense.data_ptr<uint8_t>(), static_cast<size_t>(dense.numel()));
  return checksum_text(sum.value());
}

ByteText ByteText::head(double share) const {
  return ByteText(bytes_.slice(0, 0, size() - std::llround(share * static_cast<double>(size()))));
}

ByteText ByteText::tail(double share) const {
  return ByteText(bytes_.slice(0, size() - std::llround(share * static_cast<double>(size()))));
}

torch::Tensor ByteText::windows_at(const std::vector<int64_t>& starts, int64_t length) const {
  const auto index = torch::tensor(starts, torch::kInt64).unsqueeze(1) + torch::arange(length, torch::kInt64);
  return bytes_.index_select(0, index.flatten()).view(index.sizes()).to(torch::kInt64);
}

ByteWindows ByteText::windows_from(int64_t first, int64_t count, int64_t length) const {
  const int64_t predicted = std::max<int64_t>(0, size() - 1), whole = predicted / length, rest = predicted % length;
  const int64_t rows = std::min(count, whole - first);
  const bool is_rest = rows <= 0;
  if (is_rest && (first != whole || rest == 0)) return {};
  const int64_t begin = first * length, bytes = is_rest ? rest : rows * length;
  const std::vector<int64_t> sizes = {is_rest ? 1 : rows, -1};
  const auto cut = [&](int64_t start) { return bytes_.narrow(0, start, bytes).view(sizes).to(torch::kInt64); };
  return {cut(begin), cut(begin + 1)};
}

}  // namespace multipole
