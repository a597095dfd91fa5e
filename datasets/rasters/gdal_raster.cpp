#include "datasets/rasters/gdal_raster.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"
#include "datasets/rasters/chosen_bands.h"
#include "datasets/rasters/gdal_library.h"
#include "datasets/rasters/validity.h"

namespace multipole {
namespace {

using codecs::CodecError;

// GDAL prints its errors unless it is told not to, thread by thread.
class QuietErrors {
 public:
  explicit QuietErrors(const GdalLibrary& gdal) : gdal_(gdal) {
    gdal_.push_errors(gdal_.quiet);
    gdal_.reset_error();
  }
  ~QuietErrors() { gdal_.pop_errors(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  const GdalLibrary& gdal_;
};

using Dataset = std::unique_ptr<void, void (*)(GDALDatasetH)>;

Dataset open_dataset(const GdalLibrary& gdal, const std::filesystem::path& path) {
  return {gdal.open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, nullptr, nullptr, nullptr), gdal.close};
}

bool is_known_to_gdal(const std::filesystem::path& path) {
  const GdalLibrary& gdal = gdal_library();
  if (!gdal.missing.empty()) return false;
  const QuietErrors quiet(gdal);
  return gdal.identify(path.c_str(), GDAL_OF_RASTER, nullptr, nullptr) != nullptr;
}

SampleType sample_type_of(const GdalLibrary& gdal, GDALDataType type) {
  switch (type) {
    case GDT_Byte:
      return SampleType::kUInt8;
    case GDT_UInt16:
      return SampleType::kUInt16;
    case GDT_Int16:
      return SampleType::kInt16;
    case GDT_UInt32:
      return SampleType::kUInt32;
    case GDT_Int32:
      return SampleType::kInt32;
    case GDT_Float32:
      return SampleType::kFloat32;
    case GDT_Float64:
      return SampleType::kFloat64;
    default:
      throw CodecError(std::string("a raster of ") + gdal.type_name(type) +
                       "; write 8, 16 or 32 bits, or floating point of 32 or 64");
  }
}

class GdalRaster : public Raster {
 public:
  GdalRaster(const std::filesystem::path& path, const std::vector<int64_t>& bands, const DecodeOptions& options)
      : name_(path.string()), gdal_(gdal_library()), dataset_(nullptr, gdal_.close) {
    const QuietErrors quiet(gdal_);
    dataset_ = open_dataset(gdal_, path);
    if (dataset_ == nullptr) throw CodecError(gdal_.last_error());
    const int64_t count = gdal_.band_count(dataset_.get());
    if (count < 1) throw CodecError("a file without a raster of its own: GDAL lists rasters within it");
    std::optional<int64_t> alpha;
    for (int64_t b = 0; b < count; ++b) {
      if (gdal_.color(band(b)) == GCI_AlphaBand) alpha = b;
    }
    places_ = places_of(bands, count, alpha);
    header_.height = gdal_.height(dataset_.get());
    header_.width = gdal_.width(dataset_.get());
    header_.bands = count - (alpha ? 1 : 0);
    codecs::check_dimensions(header_.width, header_.height, options.max_streamed_pixels);
    part_ = {0, 0, header_.height, header_.width};
    header_.type = sample_type_of(gdal_, gdal_.type(band(places_.front())));
    for (const int64_t place : places_) {
      if (sample_type_of(gdal_, gdal_.type(band(place))) != header_.type) {
        throw CodecError("its bands are of different types");
      }
    }
    int has_nodata = 0;
    const double nodata = gdal_.nodata(band(places_.front()), &has_nodata);
    if (has_nodata != 0) header_.nodata = nodata;
    has_mask_ = (gdal_.mask_flags(band(places_.front())) & GMF_PER_DATASET) != 0;
  }

  const RasterHeader& header() const override { return header_; }

  RasterPart read(int64_t count) override {
    const QuietErrors quiet(gdal_);
    const auto channels = static_cast<int64_t>(places_.size());
    RasterPart part;
    part.numbers = torch::empty({count, part_.width, channels}, torch::kDouble);
    for (int64_t c = 0; c < channels; ++c) {
      read_band(band(places_[static_cast<size_t>(c)]), count, part.numbers.data_ptr<double>() + c, channels);
    }
    torch::Tensor mask;
    if (has_mask_) {
      mask = torch::empty({count, part_.width}, torch::kDouble);
      read_band(gdal_.mask(band(places_.front())), count, mask.data_ptr<double>(), 1);
    }
    part_.top += count;
    const Validity found = validity_of(part.numbers, header_, {mask});
    part.valid = found.valid;
    met_no_number_ |= found.met_no_number;
    return part;
  }

  bool go_to(const CropBox& part) override {
    part_ = part;
    return true;
  }

  std::vector<std::string> notes() const override {
    return met_no_number_ ? std::vector<std::string>{kNoNumberNote} : std::vector<std::string>();
  }

 private:
  GDALRasterBandH band(int64_t place) const { return gdal_.band(dataset_.get(), static_cast<int>(place) + 1); }

  void read_band(GDALRasterBandH from, int64_t count, double* numbers, int64_t stride) const {
    const auto width = static_cast<int>(part_.width), rows = static_cast<int>(count);
    const auto step = static_cast<int>(sizeof(double) * static_cast<size_t>(stride));
    const CPLErr failed = gdal_.read(from, GF_Read, static_cast<int>(part_.left), static_cast<int>(part_.top), width,
                                     rows, numbers, width, rows, GDT_Float64, step, step * width);
    if (failed == CE_None) return;
    throw InputError("cannot read " + name_ + ": " + gdal_.last_error() + " at row " + std::to_string(part_.top));
  }

  std::string name_;
  const GdalLibrary& gdal_;
  Dataset dataset_;
  RasterHeader header_;
  std::vector<int64_t> places_;  // of the chosen bands, from 0
  bool has_mask_ = false;
  bool met_no_number_ = false;
  CropBox part_;  // what is left to read
};

}  // namespace

std::string gdal_advice(const std::filesystem::path&) {
  const std::string& missing = gdal_library().missing;
  return missing.empty() ? "" : "; GDAL, which might read it, cannot be loaded: " + missing;
}

bool needs_gdal(const std::filesystem::path& path) {
  std::array<uint8_t, 16> bytes = {};
  const size_t count = codecs::FileSource(path).read(0, bytes.data(), bytes.size());
  return count > 0 && !is_decoded_here(ByteView(bytes.data(), count)) && is_known_to_gdal(path);
}

std::unique_ptr<Raster> open_gdal_raster(const std::filesystem::path& path, const std::vector<int64_t>& bands,
                                         const DecodeOptions& options) {
  if (!needs_gdal(path)) return nullptr;
  try {
    return std::make_unique<GdalRaster>(path, bands, options);
  } catch (const CodecError& error) {
    throw InputError("cannot read " + path.string() + ": " + error.what());
  }
}

// GDAL itself writes the tags, of a GeoTIFF of one pixel in memory.
std::optional<GeoTags> gdal_geo_tags(const std::filesystem::path& path) {
  if (!needs_gdal(path)) return std::nullopt;
  const GdalLibrary& gdal = gdal_library();
  const QuietErrors quiet(gdal);
  const Dataset origin = open_dataset(gdal, path);
  if (origin == nullptr) return std::nullopt;
  const std::string projection = gdal.projection(origin.get());
  std::array<double, 6> transform = {};
  const bool placed = gdal.transform(origin.get(), transform.data()) == CE_None;
  if (!placed && projection.empty()) return std::nullopt;
  const std::string name = "/vsimem/multipole_" + std::to_string(reinterpret_cast<uintptr_t>(origin.get())) + ".tif";
  {
    const Dataset copy(gdal.create(gdal.driver("GTiff"), name.c_str(), 1, 1, 1, GDT_Byte, nullptr), gdal.close);
    if (copy == nullptr) return std::nullopt;
    if (!projection.empty()) gdal.set_projection(copy.get(), projection.c_str());
    if (placed) gdal.set_transform(copy.get(), transform.data());
  }
  vsi_l_offset size = 0;
  const std::unique_ptr<GByte, void (*)(void*)> bytes(gdal.memory_file(name.c_str(), &size, /*unlink and keep*/ TRUE),
                                                      gdal.free);
  if (bytes == nullptr) return std::nullopt;
  return geo_tags_of(codecs::MemorySource(ByteView(bytes.get(), static_cast<size_t>(size))));
}

}  // namespace multipole
