#include "tasks/pretrained/weight_translation.h"

#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace multipole {
namespace {

constexpr size_t kMostRows = 20;

std::string sizes_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::string tensor_text(const torch::Tensor& tensor) {
  return std::string(torch::toString(tensor.scalar_type())) + " " + sizes_text(tensor.sizes().vec());
}

std::vector<int64_t> without_ones(const std::vector<int64_t>& shape) {
  std::vector<int64_t> out;
  std::ranges::copy_if(shape, std::back_inserter(out), [](int64_t size) { return size != 1; });
  return out;
}

// "blocks.#.attn.qkv.bias"
std::string kind_of(const std::string& name) {
  std::string kind;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit) kind += c;
    if (is_digit && !kind.ends_with('#')) kind += '#';
  }
  return kind;
}

}  // namespace

WeightTranslation::WeightTranslation(const std::map<std::string, torch::Tensor>& own,
                                     const std::map<std::string, torch::Tensor>& published)
    : own_(own), published_(published) {
  for (const auto& [name, tensor] : published) kinds_.insert(kind_of(name));
}

bool WeightTranslation::leaves_out(const std::string& published) const { return !kinds_.contains(kind_of(published)); }

std::vector<int64_t> WeightTranslation::shape_of(const std::string& own) const {
  const auto found = own_.find(own);
  if (found == own_.end()) throw std::logic_error("a translation fills '" + own + "', which the model does not have");
  return found->second.sizes().vec();
}

torch::Tensor WeightTranslation::take(const std::string& published, const std::vector<int64_t>& shape) {
  const auto found = published_.find(published);
  if (found == published_.end()) {
    faults_.push_back("missing     " + published + "  float " + sizes_text(shape));
    return torch::zeros(shape);
  }
  used_.insert(published);
  const auto& tensor = found->second;
  if (!tensor.is_floating_point() || without_ones(tensor.sizes().vec()) != without_ones(shape)) {
    faults_.push_back("mismatched  " + published + "  file " + tensor_text(tensor) + ", model float " +
                      sizes_text(shape));
    return torch::zeros(shape);
  }
  return tensor.to(torch::kFloat32).reshape(shape);
}

void WeightTranslation::copy(const std::string& own, const std::string& published) {
  set(own, take(published, shape_of(own)));
}

void WeightTranslation::copy_layer(const std::string& own, const std::string& published) {
  copy(own + ".weight", published + ".weight");
  if (own_.contains(own + ".bias")) copy(own + ".bias", published + ".bias");
}

void WeightTranslation::join_layers(const std::string& own, const std::vector<std::string>& published) {
  for (const std::string ending : {".weight", ".bias"}) {
    if (!own_.contains(own + ending)) continue;
    auto shape = shape_of(own + ending);
    shape[0] /= static_cast<int64_t>(published.size());
    std::vector<torch::Tensor> parts;
    for (const auto& layer : published) {
      const bool left_out = ending == ".bias" && leaves_out(layer + ending);
      parts.push_back(left_out ? torch::zeros(shape) : take(layer + ending, shape));
    }
    set(own + ending, torch::cat(parts));
  }
}

void WeightTranslation::set(const std::string& own, const torch::Tensor& value) {
  if (value.sizes().vec() != shape_of(own)) {
    throw std::logic_error("a translation gives '" + own + "' the shape " + sizes_text(value.sizes().vec()));
  }
  filled_[own] = value.contiguous();
}

void WeightTranslation::ignore(const std::string& prefix) {
  for (const auto& [name, tensor] : published_) {
    if (name.starts_with(prefix)) used_.insert(name);
  }
}

std::map<std::string, torch::Tensor> WeightTranslation::finish(const std::string& source) {
  for (const auto& [name, tensor] : own_) {
    if (!filled_.contains(name)) throw std::logic_error("a translation leaves '" + name + "' out");
  }
  for (const auto& [name, tensor] : published_) {
    if (!used_.contains(name)) faults_.push_back("unexpected  " + name + "  " + tensor_text(tensor));
  }
  if (faults_.empty()) return std::move(filled_);
  std::string table;
  for (size_t i = 0; i < std::min(faults_.size(), kMostRows); ++i) table += "\n  " + faults_[i];
  if (faults_.size() > kMostRows) table += "\n  and " + std::to_string(faults_.size() - kMostRows) + " more";
  throw ModelFileError(source + ": the weights are not those of the model that config.json describes:" + table);
}

}  // namespace multipole
