#include "tasks/segmentation/agreement/picture_part.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace multipole {
namespace {

constexpr int64_t kRowsPassedAtOnce = 64;  // of those that are passed over

class PicturePart : public PictureRows {
 public:
  PicturePart(std::unique_ptr<PictureRows> picture, const PictureBox& box) : picture_(std::move(picture)), box_(box) {
    for (int64_t row = 0; row < box.row; row += kRowsPassedAtOnce) picture_->read(std::min(kRowsPassedAtOnce, box.row - row));
  }

  int64_t height() const override { return box_.height; }
  int64_t width() const override { return box_.width; }
  torch::Tensor read(int64_t count) override {
    return picture_->read(count).narrow(1, box_.column, box_.width).contiguous();
  }
  torch::Tensor read_validity() override {
    const torch::Tensor validity = picture_->read_validity();
    return validity.defined() ? validity.narrow(1, box_.column, box_.width) : validity;
  }
  std::vector<std::string> notes() const override { return picture_->notes(); }

 private:
  std::unique_ptr<PictureRows> picture_;
  PictureBox box_;
};

}  // namespace

std::unique_ptr<PictureRows> part_of(std::unique_ptr<PictureRows> picture, const PictureBox& box) {
  return std::make_unique<PicturePart>(std::move(picture), box);
}

}  // namespace multipole
