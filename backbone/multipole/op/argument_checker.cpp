#include "backbone/multipole/op/argument_checker.h"

#include <ATen/ATen.h>

#include <cmath>
#include <sstream>

#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

std::string shape_text(const std::vector<int64_t>& sizes) {
  std::ostringstream text;
  text << "(";
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i > 0) text << ", ";
    if (sizes[i] < 0) {
      text << "*";
    } else {
      text << sizes[i];
    }
  }
  text << ")";
  return text.str();
}

}  // namespace

std::vector<int64_t> concrete_sizes(const at::Tensor& tensor) {
  std::vector<int64_t> sizes;
  for (const c10::SymInt& size : tensor.sym_sizes()) sizes.push_back(size.guard_int(__FILE__, __LINE__));
  return sizes;
}

std::string element_name(const char* list, int64_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

at::Tensor with_contiguous_last_dim(const at::Tensor& tensor) {
  return tensor.sym_stride(-1) == 1 ? tensor : tensor.contiguous();
}

std::vector<at::Tensor> with_contiguous_last_dim(at::TensorList tensors) {
  std::vector<at::Tensor> result;
  for (const at::Tensor& tensor : tensors) result.push_back(with_contiguous_last_dim(tensor));
  return result;
}

ArgumentChecker::ArgumentChecker(const char* op, const char* first_name, const at::Tensor& first)
    : op_(std::string("multipole::") + op),
      first_name_(first_name),
      dtype_(first.scalar_type()),
      dtype_text_("the dtype of " + first_name_ + ", " + c10::toString(dtype_)),
      device_(first.device()) {
  require(dtype_ == at::kDouble || dtype_ == at::kFloat || dtype_ == at::kBFloat16 || dtype_ == at::kHalf,
          first_name_ + " must be float64, float32, bfloat16 or float16, got " + c10::toString(dtype_));
}

ArgumentChecker ArgumentChecker::with_dtype(at::ScalarType dtype, const std::string& why) const {
  ArgumentChecker checker = *this;
  checker.dtype_ = dtype;
  checker.dtype_text_ = std::string("dtype ") + c10::toString(dtype) + " (" + why + ")";
  return checker;
}

void ArgumentChecker::require(bool condition, const std::string& message) const {
  TORCH_CHECK(condition, op_, ": ", message);
}

void ArgumentChecker::dtype_and_device(const std::string& name, const at::Tensor& tensor) const {
  require(tensor.scalar_type() == dtype_,
          name + " must have " + dtype_text_ + ", got " + c10::toString(tensor.scalar_type()));
  require(tensor.device() == device_,
          name + " must be on the device of " + first_name_ + ", " + device_.str() + ", got " + tensor.device().str());
}

void ArgumentChecker::shape(const std::string& name, const at::Tensor& tensor, const std::vector<int64_t>& expected,
                            const std::string& dims) const {
  require(tensor.defined(), name + " is an undefined tensor");
  dtype_and_device(name, tensor);
  const std::vector<int64_t> sizes = concrete_sizes(tensor);
  bool fits = sizes.size() == expected.size();
  for (size_t i = 0; fits && i < sizes.size(); ++i) {
    fits = expected[i] < 0 ? sizes[i] >= 1 : sizes[i] == expected[i];
  }
  require(fits, name + " must have shape " + dims + " = " + shape_text(expected) +
                    " with no dimension of size 0, got " + shape_text(sizes));
}

void ArgumentChecker::length(const std::string& name, at::TensorList list, int64_t expected,
                             const std::string& why) const {
  const int64_t length = static_cast<int64_t>(list.size());
  require(length == expected,
          name + " must have " + std::to_string(expected) + " tensors (" + why + "), got " + std::to_string(length));
}

void ArgumentChecker::range(const std::string& name, int64_t value, int64_t low, int64_t high) const {
  require(low <= value && value <= high, name + " must be between " + std::to_string(low) + " and " +
                                             std::to_string(high) + ", got " + std::to_string(value));
}

void ArgumentChecker::rank(const std::string& name, int64_t value, int64_t cell) const {
  const int64_t s = subcells_per_side(value);
  require(s >= 1 && s <= cell, name + " must have a rank that is a perfect square s * s with s <= cell = " +
                                   std::to_string(cell) + ", got rank " + std::to_string(value));
}

double ArgumentChecker::scale(std::optional<double> value, int64_t head_dim) const {
  const double scale = value.value_or(1.0 / std::sqrt(static_cast<double>(head_dim)));
  require(std::isfinite(scale), "scale must be finite, got " + std::to_string(scale));
  return scale;
}

}  // namespace multipole
