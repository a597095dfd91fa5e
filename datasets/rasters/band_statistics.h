// How the numbers of a training set's bands are spread: what its BandScaling is made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"

namespace multipole {

struct BandStatistics {
  BandScaling scaling;            // complete
  std::vector<double> mean, std;  // by chosen band, of the bytes that scaling gives, on a scale of 0 to 1
  int64_t pictures = 0;           // that were read
  double nodata_share = 0;        // of their pixels
  // What was found, for people: bands and type, how each is scaled, the share without data.
  std::vector<std::string> lines() const;
};

// Reads the pictures with `workers` threads, at most kMostMeasured of them, spread evenly, and keeps a sample of their
// valid pixels, every one as likely as any other, a million or all there are, drawn by `seed`. The scale of a band is
// from its 0.5th to its 99.5th percentile (a byte's from 0 to 255); constant bands get a scale of their own. Unreadable
// pictures are left to who trains on them. Throws ConfigError where two pictures have different bands or types, where
// a band is not there, or where no pixel holds data; each with the files.
BandStatistics measure_bands(const std::vector<std::filesystem::path>& pictures, const std::vector<int64_t>& bands,
                             const DecodeOptions& options, uint64_t seed, int64_t workers);

inline constexpr int64_t kMostMeasured = 2000;

}  // namespace multipole
