// The vocabulary of the operators' argument checks.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multipole {

// A tensor's sizes as integers. Under torch.compile a symbolic size becomes a constant of the compiled graph, because
// levels, blocks and tables follow from the sizes.
std::vector<int64_t> concrete_sizes(const at::Tensor& tensor);

// Checks the arguments of one call of one operator.
class ArgumentChecker {
 public:
  // `first` sets dtype and device of all tensors of the call.
  ArgumentChecker(const char* op, const char* first_name, const at::Tensor& first);

  // The same checks for arguments of another dtype; `why` says what it follows from.
  ArgumentChecker with_dtype(at::ScalarType dtype, const std::string& why) const;

  // The argument must have the dtype and device of the first, `expected` sizes (-1: any size from 1 on) and so many
  // dimensions; `dims` names them in the message.
  void shape(const std::string& name, const at::Tensor& tensor, const std::vector<int64_t>& expected,
             const std::string& dims) const;

  // A list must have `expected` tensors; `why` says what the number follows from.
  void length(const std::string& name, at::TensorList list, int64_t expected, const std::string& why) const;

  // A whole number must lie between bounds.
  void range(const std::string& name, int64_t value, int64_t low, int64_t high) const;

  // A rank must be s * s with 1 <= s <= cell.
  void rank(const std::string& name, int64_t value, int64_t cell) const;

  // head_dim^-0.5 where not given; must be finite.
  double scale(std::optional<double> value, int64_t head_dim) const;

  // What any other requirement throws through: TORCH_CHECK(condition, "multipole::<op>: ", message).
  void require(bool condition, const std::string& message) const;

 private:
  void dtype_and_device(const std::string& name, const at::Tensor& tensor) const;

  std::string op_;
  std::string first_name_;
  at::ScalarType dtype_;
  std::string dtype_text_;  // "the dtype of q, Float"
  at::Device device_;
};

// The same tensor with a contiguous last dimension, which is what every backend may rely on.
at::Tensor with_contiguous_last_dim(const at::Tensor& tensor);
std::vector<at::Tensor> with_contiguous_last_dim(at::TensorList tensors);

// "k_far[1]": how messages name a list's element.
std::string element_name(const char* list, int64_t index);

// Largest cell side or group: beyond any use, and small enough for products of sizes to fit in 64 bits.
inline constexpr int64_t kMaxCell = 65536;

// Most far levels of a call, so that level_side(kMaxLevels, kMaxCell) fits in 64 bits with room to spare.
inline constexpr int64_t kMaxLevels = 32;

}  // namespace multipole
