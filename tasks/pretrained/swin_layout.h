// What the layouts of Swin transformers (Liu et al., arXiv 2103.14030) share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/families/pyramid/pyramid_config.h"
#include "tasks/pretrained/translated_model.h"

namespace multipole {

// Names of a published Swin's layers; those of a block after the block's own name, "layers.0.blocks.1".
struct SwinNames {
  std::string patch, patch_norm, norm;  // of the whole model
  std::string stages;                   // what comes before a stage's number
  int64_t merges_into = 0;              // the stage that the merging named after stage 0 leads into, 0 or 1
  std::vector<std::string> qkv;         // one layer, or three
  std::string norm1, norm2, attention, proj, fc1, fc2;
};

// What no published Swin leaves open: patches, norms, and the attention without its window. The rest are defaults.
PyramidConfig swin_config();

// Writes a window for each stage, and whether every second block shifts it: as the attention of all where the stages
// agree, else stage by stage.
void set_windows(PyramidConfig& config, const std::vector<int64_t>& windows, const std::vector<bool>& shifts);

// Fills the backbone; what libraries compute anew whatever lies in a file (indexes of positions, masks) is ignored.
void fill_swin(WeightTranslation& weights, const PyramidConfig& config, const SwinNames& names);

// The config as the registry takes it.
Json swin_backbone(const PyramidConfig& config);

}  // namespace multipole
