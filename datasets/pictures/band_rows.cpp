#include "datasets/pictures/band_rows.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "datasets/rasters/byte_scaling.h"

namespace multipole {
namespace {

constexpr int64_t kNumbersAtOnce = int64_t{1} << 20;  // eight bytes each, whatever the rows hold

// Gives `take` the next `count` rows some at a time, and returns the validity of them all.
template <class Take>
torch::Tensor read_in_parts(Raster& raster, int64_t count, int64_t width, const Take& take) {
  const int64_t most = std::max<int64_t>(1, kNumbersAtOnce / (width * std::max<int64_t>(1, raster.header().bands)));
  torch::Tensor valid;
  for (int64_t y = 0; y < count; y += most) {
    const int64_t rows = std::min(most, count - y);
    const RasterPart part = raster.read(rows);
    take(part);
    if (!part.valid.defined()) continue;
    if (!valid.defined()) valid = torch::ones({count, width}, torch::kBool);
    valid.narrow(0, y, rows).copy_(part.valid);
  }
  return valid;
}

class BandRows : public PictureRows {
 public:
  BandRows(std::unique_ptr<Raster> raster, const BandScaling& scaling, std::string note)
      : raster_(std::move(raster)), scaling_(scaling), note_(std::move(note)), read_width_(raster_->header().width) {}

  int64_t height() const override { return raster_->header().height; }
  int64_t width() const override { return raster_->header().width; }
  torch::Tensor read(int64_t count) override {
    std::vector<torch::Tensor> rows;
    valid_ = read_in_parts(*raster_, count, read_width_, [&](const RasterPart& part) {
      rows.push_back(scale_to_bytes(part, scaling_, raster_->header().type));
    });
    return rows.size() == 1 ? rows.front() : torch::cat(rows);
  }
  bool go_to(const CropBox& part) override {
    read_width_ = part.width;
    return raster_->go_to(part);
  }
  torch::Tensor read_validity() override { return valid_; }
  std::vector<std::string> notes() const override {
    auto notes = raster_->notes();
    if (!note_.empty()) notes.push_back(note_);
    return notes;
  }

 private:
  std::unique_ptr<Raster> raster_;
  BandScaling scaling_;
  std::string note_;
  int64_t read_width_;
  torch::Tensor valid_;
};

class RowsWithValidity : public PictureRows {
 public:
  RowsWithValidity(std::unique_ptr<PictureRows> pixels, std::unique_ptr<Raster> raster)
      : pixels_(std::move(pixels)), raster_(std::move(raster)) {}

  int64_t height() const override { return pixels_->height(); }
  int64_t width() const override { return pixels_->width(); }
  torch::Tensor read(int64_t count) override {
    const auto rows = pixels_->read(count);
    valid_ = read_in_parts(*raster_, count, rows.size(1), [](const RasterPart&) {});
    return rows;
  }
  bool go_to(const CropBox& part) override { return pixels_->go_to(part) && raster_->go_to(part); }
  torch::Tensor read_validity() override { return valid_; }
  std::vector<std::string> notes() const override { return pixels_->notes(); }

 private:
  std::unique_ptr<PictureRows> pixels_;
  std::unique_ptr<Raster> raster_;
  torch::Tensor valid_;
};

}  // namespace

std::unique_ptr<PictureRows> band_rows(const RasterOpener& open, const BandScaling& scaling, const std::string& name) {
  // with all bands first: of a raster with too few of them the model's number says more than the missing band
  std::string note = check_scaling(open({})->header(), scaling, name);
  return std::make_unique<BandRows>(open(scaling.chosen), scaling, std::move(note));
}

std::unique_ptr<PictureRows> rows_with_validity(std::unique_ptr<PictureRows> pixels, std::unique_ptr<Raster> raster) {
  return std::make_unique<RowsWithValidity>(std::move(pixels), std::move(raster));
}

torch::Tensor validity_of_all(Raster& raster) {
  return read_in_parts(raster, raster.header().height, raster.header().width, [](const RasterPart&) {});
}

DecodedImage read_all(PictureRows& rows) {
  DecodedImage image;
  image.pixels = rows.read(rows.height());
  image.valid = rows.read_validity();
  image.notes = rows.notes();
  return image;
}

}  // namespace multipole
