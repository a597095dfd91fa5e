// Which files the results of each input go to: the input's own name below the output folder, folders mirrored. Of
// inputs that would share a file the first keeps the name, and the later ones get a number: x.png, x_2.png.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "apps/arguments/input_list.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {

struct OutputKinds {
  bool overlay = false;
  bool legend = false;
  bool probability = false;
  bool uncertainty = false;
  bool view = false;
  bool tile_check = false;
  std::optional<VectorTarget> vector = {};
};

struct OutputNames {
  std::filesystem::path map;                       // DIR/<name>.png
  std::filesystem::path overlay, legend;           // DIR/<name>.overlay.jpg ...; empty where not wanted
  std::filesystem::path probability, uncertainty;  // likewise
  std::filesystem::path view;                      // likewise DIR/<name>.view, a folder
  std::filesystem::path tile_check;                // likewise DIR/<name>.tiles.png
  std::filesystem::path vector;                    // DIR/<name>.geojson or .gpkg, or the file that was named
  std::filesystem::path geo_map;                   // DIR/<name>.tif, for pictures with a georeference
  std::filesystem::path namesake;                  // the input that has the name, where this one's was numbered
};

// One for each input, in order. Throws ConfigError where an output would replace an input.
std::vector<OutputNames> plan_outputs(const std::vector<NamedInput>& inputs, const std::filesystem::path& folder,
                                      const OutputKinds& kinds);

// Whether the files of a picture exist. The map is the last that is written, so that the georeferenced one needs no
// look.
bool are_there(const OutputNames& names);

}  // namespace multipole
