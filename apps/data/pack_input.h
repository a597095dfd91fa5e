// The pictures that `multipole data pack` packs, labelled ones or ones with masks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/arguments/mask_settings.h"
#include "datasets/dataset.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

struct PackItem {
  std::string name;                // within the data
  int64_t label = -1, split = -1;  // places in the input's names, -1 where there is none
  std::function<Sample()> read;    // throws InputError; may be called from any thread
};

struct PackInput {
  std::vector<std::string> class_names;  // with masks: the lines of a classes.txt
  std::vector<std::string> splits;
  std::vector<PackItem> items;
};

// Throws ConfigError where training would refuse the data.
PackInput open_pack_input(const std::string& data, const SourceOptions& options, const MaskSettings& masks);

}  // namespace multipole
