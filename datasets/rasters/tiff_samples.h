// Chosen bands of one page of a TIFF, row by row: memory holds a row of tiles, or a strip as libtiff has it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/crop_box.h"
#include "datasets/rasters/tiff_layout.h"

namespace multipole {

class TiffSamples {
 public:
  // `bands`: places from 0 in the order wanted. `sparse`: the number that tiles and strips hold which the file leaves
  // out, as GDAL has it. Throws CodecError. `source` must outlive this.
  TiffSamples(const codecs::ByteSource& source, uint32_t page, std::vector<int64_t> bands, double sparse = 0);
  ~TiffSamples();

  const TiffLayout& layout() const { return layout_; }
  // The next `count` rows, (count, width, bands). Throws CodecError with the place of the damage.
  void read(int64_t count, double* numbers);
  // The next row is the first of this part, and rows are as wide as it is.
  void go_to(const CropBox& part);

 private:
  class Plane;

  TiffLayout layout_;
  std::vector<int64_t> bands_;
  double sparse_;
  std::vector<std::unique_ptr<Plane>> planes_;  // one a band where they are separate, else one
  int64_t next_row_ = 0, left_ = 0, width_ = 0;
};

}  // namespace multipole
