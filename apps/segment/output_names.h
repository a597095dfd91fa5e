// Which files the results of each input go to: the input's own name below the output folder, folders mirrored.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/common/input_list.h"

namespace multipole {

struct OutputKinds {
  bool overlay = false;
  bool legend = false;
  bool probability = false;
  bool uncertainty = false;
};

struct OutputNames {
  std::filesystem::path map;                       // DIR/<name>.png
  std::filesystem::path overlay, legend;           // DIR/<name>.overlay.jpg ...; empty where not wanted
  std::filesystem::path probability, uncertainty;  // likewise
  std::filesystem::path geo_map;                   // DIR/<name>.tif, for pictures with a georeference
};

// One for each input, in order. Throws ConfigError where two inputs would share a file or an output would replace an
// input.
std::vector<OutputNames> plan_outputs(const std::vector<NamedInput>& inputs, const std::filesystem::path& folder,
                                      const OutputKinds& kinds);

}  // namespace multipole
