// What `embed` is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

struct EmbedOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::string out, pca, nearest, attention;
  std::optional<double> duplicates;
  int64_t k = 5;
  bool map = false, normalize = false;
  int64_t size = 0;
  std::string precision = "auto";
  DecodeOptions decode;
  ComputeOptions compute;
  bool json = false;
  bool quiet = false;
};

}  // namespace multipole
