// A raster from the top down: the numbers of its bands as they are stored, and which pixels hold data.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/crop_box.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/rasters/sample_type.h"

namespace multipole {

struct RasterHeader {
  int64_t height = 0, width = 0;
  int64_t bands = 0;  // alpha left out
  SampleType type = SampleType::kUInt8;
  std::optional<double> nodata;  // the number that stands for none, which may be NaN

  // "4 bands of uint16"
  std::string description() const;
};

struct RasterPart {
  torch::Tensor numbers;  // (rows, width, C) float64: the chosen bands, exact for every type
  torch::Tensor valid;    // (rows, width) bool; undefined where all are
};

// A pixel holds no data where all chosen bands have the number that stands for none, where any is NaN or infinite, or
// where the raster's mask or its alpha band is 0.
class Raster {
 public:
  virtual ~Raster() = default;
  virtual const RasterHeader& header() const = 0;
  // The next `count` rows, `height` in all. Throws InputError.
  virtual RasterPart read(int64_t count) = 0;
  // From now on read() gives the rows of this part, from its top, and its columns alone. Of a TIFF in tiles just the
  // tiles under it are read; of one in strips, the rows from the top of a strip on. False where much of the file has to
  // be read for any part: another picture than a TIFF, tiles or strips of more than 64 MiB.
  virtual bool go_to(const CropBox& part) = 0;
  // What was left out or guessed so far.
  virtual std::vector<std::string> notes() const = 0;
};

// `bands`: those to read in their order, from 1; none: all but alpha. A TIFF is read by libtiff: 8, 16 and 32 bits,
// float64, one bit; strips and tiles, bands side by side or in planes, BigTIFF; other formats of image_decode.h are
// three bands of uint8; whatever else GDAL reads, where the program is built with it. Throws InputError
// "cannot read PATH: reason".
std::unique_ptr<Raster> open_raster(const std::filesystem::path& path, const std::vector<int64_t>& bands,
                                    const DecodeOptions& options);
// The same of a file in memory or elsewhere; what GDAL alone reads is refused.
std::unique_ptr<Raster> open_raster(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                    const std::vector<int64_t>& bands, const DecodeOptions& options);

// A raster that tells which pixels of an RGB picture hold data: of a TIFF with a number for none, a mask or an alpha
// band. Null for any other file, and for what cannot be read as a raster.
std::unique_ptr<Raster> open_validity(const std::filesystem::path& path, const DecodeOptions& options);

}  // namespace multipole
