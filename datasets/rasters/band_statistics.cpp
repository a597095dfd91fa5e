#include "datasets/rasters/band_statistics.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/ordered_parallel.h"
#include "base/sample_random.h"
#include "base/text.h"
#include "datasets/rasters/byte_scaling.h"
#include "datasets/rasters/chosen_bands.h"
#include "datasets/rasters/raster.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSampledPixels = int64_t{1} << 20;
constexpr int64_t kRowsAtOnce = 64;
constexpr double kLowShare = 0.005, kHighShare = 0.995;
constexpr double kSmallestDeviation = 1e-3;  // of a constant band, whose normalised values are then 0

struct PictureSample {
  std::vector<double> numbers;  // (pixels, C)
  int64_t pixels = 0, valid = 0;
};

// Pixels by a coin of its own each: whatever their number, no picture weighs more than its pixels.
PictureSample sample_picture(const fs::path& path, const std::vector<int64_t>& bands, const DecodeOptions& options,
                             double share, SampleRandom random) {
  PictureSample sample;
  const auto raster = open_raster(path, bands, options);
  const int64_t height = raster->header().height, width = raster->header().width;
  for (int64_t y = 0; y < height; y += kRowsAtOnce) {
    const RasterPart part = raster->read(std::min(kRowsAtOnce, height - y));
    const int64_t count = part.numbers.size(0) * width, channels = part.numbers.size(2);
    const auto* const numbers = part.numbers.data_ptr<double>();
    const auto* const valid = part.valid.defined() ? part.valid.data_ptr<bool>() : nullptr;
    for (int64_t i = 0; i < count; ++i) {
      const bool holds = valid == nullptr || valid[i];
      sample.valid += holds ? 1 : 0;
      if (!random.chance(share) || !holds) continue;
      sample.numbers.insert(sample.numbers.end(), numbers + i * channels, numbers + (i + 1) * channels);
    }
    sample.pixels += count;
  }
  return sample;
}

std::vector<fs::path> spread_evenly(const std::vector<fs::path>& pictures) {
  const auto count = static_cast<int64_t>(pictures.size()), kept = std::min(count, kMostMeasured);
  std::vector<fs::path> out;
  for (int64_t i = 0; i < kept; ++i) out.push_back(pictures[static_cast<size_t>(i * count / kept)]);
  return out;
}

// The one kind of raster that all headers tell of, and the pixels that they promise.
struct SetHeader {
  RasterHeader header;
  fs::path first;
  int64_t pixels = 0, readable = 0;
};

SetHeader common_header(const std::vector<fs::path>& pictures, const std::vector<int64_t>& bands,
                        const DecodeOptions& options) {
  SetHeader set;
  std::string reason;
  for (const auto& path : pictures) {
    RasterHeader header;
    try {
      header = open_raster(path, {}, options)->header();
    } catch (const InputError& error) {
      if (reason.empty()) reason = error.what();
      continue;
    }
    if (set.readable++ == 0) {
      set.header = header;
      set.first = path;
      open_raster(path, bands, options);  // for a band that is not there
    } else if (header.bands != set.header.bands || header.type != set.header.type) {
      throw ConfigError("the pictures have different bands: " + set.first.string() + " has " +
                        set.header.description() + ", " + path.string() + " has " + header.description() +
                        "; one model reads one kind: take the others out or convert them");
    }
    set.pixels += header.height * header.width;
  }
  if (set.readable == 0) throw InputError(reason.empty() ? "no picture to measure bands on" : reason);
  return set;
}

// The number below which `share` of them lie; reorders them.
double percentile(std::vector<double>& numbers, double share) {
  const auto place = std::llround(share * static_cast<double>(numbers.size() - 1));
  std::nth_element(numbers.begin(), numbers.begin() + place, numbers.end());
  return numbers[static_cast<size_t>(place)];
}

void measure_scale(BandStatistics& statistics, const std::vector<double>& numbers, SampleType type) {
  const size_t channels = statistics.scaling.chosen.size();
  std::vector<double> band(numbers.size() / channels);
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < band.size(); ++i) band[i] = numbers[i * channels + c];
    double low = 0, high = 255;
    if (type != SampleType::kUInt8) {
      low = percentile(band, kLowShare);
      high = percentile(band, kHighShare);
      if (!(high > low)) high = low + (is_float(type) ? std::max(std::abs(low), 1.0) : 1.0);
    }
    statistics.scaling.low.push_back(low);
    statistics.scaling.high.push_back(high);
  }
}

void measure_bytes(BandStatistics& statistics, std::vector<double> numbers, SampleType type) {
  const auto channels = static_cast<int64_t>(statistics.scaling.chosen.size());
  const auto pixels = static_cast<int64_t>(numbers.size()) / channels;
  const RasterPart part{torch::tensor(numbers, torch::kDouble).view({1, pixels, channels}), {}};
  const auto bytes = scale_to_bytes(part, statistics.scaling, type);
  const auto* const first = bytes.data_ptr<uint8_t>();
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < pixels; ++i) {
      const double value = first[i * channels + c] / 255.0;
      sum += value;
      squares += value * value;
    }
    const double mean = sum / static_cast<double>(pixels);
    statistics.mean.push_back(mean);
    statistics.std.push_back(
        std::max(kSmallestDeviation, std::sqrt(std::max(0.0, squares / static_cast<double>(pixels) - mean * mean))));
    statistics.scaling.fill.push_back(std::llround(255 * mean));
  }
}

}  // namespace

BandStatistics measure_bands(const std::vector<fs::path>& pictures, const std::vector<int64_t>& bands,
                             const DecodeOptions& options, uint64_t seed, int64_t workers) {
  const auto measured = spread_evenly(pictures);
  const SetHeader set = common_header(measured, bands, options);
  const double share = std::min(1.0, static_cast<double>(kSampledPixels) / static_cast<double>(set.pixels));
  BandStatistics statistics;
  statistics.scaling.chosen = bands;
  statistics.scaling.count = set.header.bands;
  statistics.scaling.type = name_of(set.header.type);
  std::vector<double> numbers;
  int64_t pixels = 0, valid = 0;
  ordered_parallel<std::optional<PictureSample>>(
      static_cast<int64_t>(measured.size()), workers,
      [&](int64_t i) -> std::optional<PictureSample> {
        try {
          const SampleRandom random(seed, 0, static_cast<uint64_t>(i), RandomStream::kDraw);
          return sample_picture(measured[static_cast<size_t>(i)], bands, options, share, random);
        } catch (const InputError&) {
          return std::nullopt;
        }
      },
      [&](int64_t, std::optional<PictureSample> sample) {
        if (!sample) return true;
        numbers.insert(numbers.end(), sample->numbers.begin(), sample->numbers.end());
        pixels += sample->pixels;
        valid += sample->valid;
        ++statistics.pictures;
        return true;
      });
  if (numbers.empty()) {
    throw ConfigError("no pixel of " + set.first.string() + (measured.size() > 1 ? " and the other pictures" : "") +
                      " holds data in bands " + band_list(bands));
  }
  statistics.nodata_share = 1 - static_cast<double>(valid) / static_cast<double>(pixels);
  measure_scale(statistics, numbers, set.header.type);
  measure_bytes(statistics, std::move(numbers), set.header.type);
  return statistics;
}

std::vector<std::string> BandStatistics::lines() const {
  std::string scales;
  for (size_t c = 0; c < scaling.chosen.size(); ++c) {
    scales += (c == 0 ? "" : ", ") + std::to_string(scaling.chosen[c]) + " from " + Json(scaling.low[c]).dump() +
              " to " + Json(scaling.high[c]).dump();
  }
  return {"bands " + band_list(scaling.chosen) + " of " + std::to_string(scaling.count) + " (" + scaling.type + "), " +
              percent(nodata_share, 2) + " of the pixels without data",
          "scaled to bytes, as " + (pictures == 1 ? "1 picture has" : std::to_string(pictures) + " pictures have") +
              " them: band " + scales};
}

}  // namespace multipole
