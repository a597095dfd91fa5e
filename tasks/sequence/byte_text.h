// A file as a sequence of bytes, in windows for training and evaluation.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

// Inputs and the byte that follows each, both (B, n) int64.
struct ByteWindows {
  torch::Tensor inputs, targets;
};

class ByteText {
 public:
  explicit ByteText(std::vector<uint8_t> bytes);

  // Throws InputError where the file cannot be read.
  static ByteText read(const std::filesystem::path& path);

  int64_t size() const { return bytes_.numel(); }
  // Tells texts apart.
  std::string checksum() const;

  // The last `share` of the text, and all before it.
  ByteText head(double share) const;
  ByteText tail(double share) const;

  // (number of starts, length) int64: the bytes from each start on, which must all be in the text.
  torch::Tensor windows_at(const std::vector<int64_t>& starts, int64_t length) const;

  // Windows first, first + 1, ... of those that cover the text without overlap, each of `length` bytes; the bytes left
  // over at the end are a shorter window of their own, which is never given together with others. Empty past the end.
  ByteWindows windows_from(int64_t first, int64_t count, int64_t length) const;

 private:
  explicit ByteText(const torch::Tensor& bytes) : bytes_(bytes) {}

  torch::Tensor bytes_;  // (size) uint8
};

}  // namespace multipole
