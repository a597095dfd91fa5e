#include "datasets/pictures/picture_rows.h"

#include <utility>

namespace multipole {
namespace {

class RowsInMemory : public PictureRows {
 public:
  RowsInMemory(torch::Tensor pixels, std::vector<std::string> notes)
      : pixels_(std::move(pixels)), notes_(std::move(notes)) {}

  int64_t height() const override { return pixels_.size(0); }
  int64_t width() const override { return pixels_.size(1); }
  torch::Tensor read(int64_t count) override {
    const auto rows = pixels_.narrow(0, next_, count);
    next_ += count;
    return rows;
  }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  torch::Tensor pixels_;
  std::vector<std::string> notes_;
  int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<PictureRows> rows_of(torch::Tensor pixels, std::vector<std::string> notes) {
  return std::make_unique<RowsInMemory>(std::move(pixels), std::move(notes));
}

}  // namespace multipole
