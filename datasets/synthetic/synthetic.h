// Procedural pictures with exact labels, for tests and tutorials. Three kinds:
//   classify    one figure of a shape, a texture and a colour on a noisy ground; the class names all three
//   segment     several figures; the mask gives every pixel's shape, 0 = background
//   long_range  bars along opposite sides, each of either of two colours: do they share it?
//               The answer lies in no patch narrower than half of the picture; local features that are summed up know
//               the counts of the colours, and the best threshold on them is right three times in four.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "datasets/dataset.h"

namespace multipole {

struct SyntheticConfig {
  std::string kind = "classify";
  int64_t num_classes = 10;
  int64_t image_size = 64;
  int64_t train_images = 2000;
  int64_t val_images = 400;
  int64_t seed = 0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("kind", self.kind, "classify, segment or long_range");
    field("num_classes", self.num_classes, "classify: 2 to 144; segment: 2 to 7 with the background; long_range: 2");
    field("image_size", self.image_size, "height and width in pixels, from 16");
    field("train_images", self.train_images, "pictures of the training split");
    field("val_images", self.val_images, "pictures of the validation split");
    field("seed", self.seed, "other seed, other pictures");
  }
  void validate(const std::string& where) const;
};

std::vector<std::string> synthetic_class_names(const SyntheticConfig& config);

// Draws its samples when they are asked for; the same seed, split and index give the same bytes. Classes take turns, so
// they are balanced.
class SyntheticDataset : public Dataset {
 public:
  // split: "train" or "val".
  SyntheticDataset(const SyntheticConfig& config, const std::string& split);
  int64_t size() const override { return size_; }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override;

 private:
  SyntheticConfig config_;
  std::string split_;
  int64_t size_;
};

}  // namespace multipole
