// Fills a model's weights from those of a published one, name by name, and keeps account: what is missing, of another
// shape or type, or left over is told at once.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace multipole {

class WeightTranslation {
 public:
  // `own`: the model's weights by name, whose shapes count; both maps must live as long as this.
  WeightTranslation(const std::map<std::string, torch::Tensor>& own,
                    const std::map<std::string, torch::Tensor>& published);

  // own = published, whose shape may have further axes of one entry: (1, 1, C) for (C).
  void copy(const std::string& own, const std::string& published);

  // The weight and, where the model has one, the bias of a layer.
  void copy_layer(const std::string& own, const std::string& published);

  // own = the published layers one below the other: queries, keys and values. Here biases may be left
  // out, which are of zeros then (leaves_out()).
  void join_layers(const std::string& own, const std::vector<std::string>& published);

  // own = `value`, made of what take() gave.
  void set(const std::string& own, const torch::Tensor& value);

  // The published weight in this shape, float32; zeros where it is missing or does not fit, which finish() tells.
  torch::Tensor take(const std::string& published, const std::vector<int64_t>& shape);

  bool has(const std::string& published) const { return published_.contains(published); }

  // Whether no layer of this kind has such a weight, "blocks.3.attn.qkv.bias" nor that of another block: where one has
  // it and this one lacks it, it is missing.
  bool leaves_out(const std::string& published) const;

  // What the model has no use for: names that begin so.
  void ignore(const std::string& prefix);

  // Throws ModelFileError with a table, naming `source`, unless every weight of the model is filled and every published
  // one was used or ignored. Returns the model's weights.
  std::map<std::string, torch::Tensor> finish(const std::string& source);

 private:
  std::vector<int64_t> shape_of(const std::string& own) const;

  const std::map<std::string, torch::Tensor>& own_;
  const std::map<std::string, torch::Tensor>& published_;
  std::map<std::string, torch::Tensor> filled_;
  std::set<std::string> kinds_;  // the published names without their numbers
  std::set<std::string> used_;
  std::vector<std::string> faults_;
};

}  // namespace multipole
