#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "datasets/codecs/codec.h"
#include "datasets/masks/mask_rows.h"
#include "datasets/rasters/raster.h"

namespace multipole {
namespace {

using codecs::CodecError;

constexpr double kLargestValue = 65535;

std::string number_text(double number) {
  const bool is_whole = number == std::floor(number) && std::abs(number) < 1e15;
  return is_whole ? std::to_string(std::llround(number)) : Json(number).dump();
}

std::string place(int64_t index, int64_t width, const CropBox& part) {
  return " at row " + std::to_string(part.top + index / width) + ", column " +
         std::to_string(part.left + index % width);
}

class TiffMask : public MaskRows {
 public:
  TiffMask(std::unique_ptr<Raster> raster, std::string name)
      : raster_(std::move(raster)),
        name_(std::move(name)),
        part_{0, 0, raster_->header().height, raster_->header().width} {
    const RasterHeader& header = raster_->header();
    const bool is_colored = header.bands == 3 && header.type == SampleType::kUInt8;
    if (header.bands == 1 || is_colored) return;
    throw InputError("cannot read " + name_ + ": a mask of " + header.description() +
                     "; a mask has one band of class ids, or three of bytes for colours");
  }

  int64_t height() const override { return raster_->header().height; }
  int64_t width() const override { return raster_->header().width; }
  bool go_to(const CropBox& part) override {
    part_ = part;
    return raster_->go_to(part);
  }

  StoredMask read(int64_t count) override {
    const RasterPart read = raster_->read(count);
    StoredMask mask;
    if (read.valid.defined()) mask.ignored = read.valid.logical_not();
    mask.notes = raster_->notes();
    if (const auto& nodata = raster_->header().nodata; nodata && mask.ignored.defined()) {
      mask.notes.push_back("the mask's number for no data (" + number_text(*nodata) + ") stands for ignored pixels");
    }
    mask.values = read.numbers.size(2) == 3 ? read.numbers.to(torch::kUInt8) : whole_numbers(read, mask.ignored);
    part_.top += count;
    return mask;
  }

 private:
  torch::Tensor whole_numbers(const RasterPart& read, const torch::Tensor& ignored) const {
    const int64_t rows = read.numbers.size(0), width = read.numbers.size(1);
    torch::Tensor values = torch::empty({rows, width}, torch::kInt);
    const auto* const numbers = read.numbers.data_ptr<double>();
    const auto* const skipped = ignored.defined() ? ignored.data_ptr<bool>() : nullptr;
    auto* const write = values.data_ptr<int32_t>();
    for (int64_t i = 0; i < rows * width; ++i) {
      const bool counts = skipped == nullptr || !skipped[i];
      const double number = counts ? numbers[i] : 0;
      if (!(number >= 0 && number <= kLargestValue) || number != std::floor(number)) {
        throw InputError(name_ + ": the value " + number_text(number) + place(i, width, part_) +
                         " is no class id, which are whole numbers from 0 to 65535");
      }
      write[i] = static_cast<int32_t>(number);
    }
    return values;
  }

  std::unique_ptr<Raster> raster_;
  std::string name_;
  CropBox part_;  // what is left to read
};

// Colours as a viewer shows them, decoded whole.
class TiffColors : public MaskRows {
 public:
  explicit TiffColors(DecodedImage image) : image_(std::move(image)) {}
  int64_t height() const override { return image_.pixels.size(0); }
  int64_t width() const override { return image_.pixels.size(1); }
  StoredMask read(int64_t count) override {
    next_row_ += count;
    return {image_.pixels.narrow(0, next_row_ - count, count), {}, image_.notes};
  }

 private:
  DecodedImage image_;
  int64_t next_row_ = 0;
};

std::vector<uint8_t> all_bytes(const codecs::ByteSource& source) {
  std::vector<uint8_t> bytes(source.size());
  bytes.resize(source.read(0, bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace

std::unique_ptr<MaskRows> open_tiff_mask(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                         const DecodeOptions& options, MaskForm form) {
  if (form == MaskForm::kStored) {
    return std::make_unique<TiffMask>(open_raster(std::move(source), name, {}, options), name);
  }
  if (static_cast<int64_t>(source->size()) > options.max_file_bytes) {
    throw CodecError("the file is larger than is read at once");
  }
  const std::vector<uint8_t> bytes = all_bytes(*source);
  if (open_raster(std::move(source), name, {}, options)->header().type != SampleType::kUInt8) {
    throw CodecError("a mask of wide numbers holds class ids, and a colour map speaks of colours of 8 bits");
  }
  return std::make_unique<TiffColors>(decode_image_with_notes(bytes, name, options));
}

}  // namespace multipole
