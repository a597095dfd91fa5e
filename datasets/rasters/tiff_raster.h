// A TIFF as a raster: its first picture of full resolution, with the mask and the alpha band that belong to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/tiff_pages.h"
#include "datasets/rasters/raster.h"
#include "datasets/rasters/tiff_samples.h"

namespace multipole {

class TiffRaster : public Raster {
 public:
  // `bands`: those to read, from 1; none: all but alpha. Throws codecs::CodecError, later InputError that begins with
  // "cannot read NAME".
  TiffRaster(std::unique_ptr<codecs::ByteSource> source, std::string name, const std::vector<int64_t>& bands,
             const DecodeOptions& options);

  const RasterHeader& header() const override { return header_; }
  RasterPart read(int64_t count) override;
  bool go_to(const CropBox& part) override;
  std::vector<std::string> notes() const override;

  // Whether the file itself says that there may be pixels without data.
  bool tells_validity() const { return header_.nodata.has_value() || alpha_ || mask_ != nullptr; }

 private:
  void open_mask(const codecs::TiffPages& pages);

  std::unique_ptr<codecs::ByteSource> source_;
  std::string name_;
  RasterHeader header_;
  bool alpha_ = false;  // read behind the chosen bands
  int64_t channels_ = 0;
  int64_t width_ = 0;  // of what is read
  std::unique_ptr<TiffSamples> samples_, mask_;
  std::vector<std::string> notes_;
  bool met_no_number_ = false;
};

}  // namespace multipole
