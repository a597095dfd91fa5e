// What a name of timm says that its weights do not: "vit_small_patch14_reg4_dinov2".
#pragma once

#include <cstdint>
#include <string>

namespace multipole {

struct TimmVit {
  int64_t num_heads = 0;  // 0: heads of 64 channels
  double norm_eps = 1e-6;
  std::string activation = "gelu";
  bool rotary = false;  // timm's Eva with the positions of DINOv3
};

// Reads a name word by word: family (vit, deit, deit3, flexivit), size, patch<n>, and words such as reg4, gap, clip.
// Throws ModelFileError, beginning with `where` and with the nearest known name, where a word is not known: it may
// stand for a block that computes something else.
TimmVit read_timm_name(const std::string& name, const std::string& where);

// "swin_tiny_patch4_window7_224", "swin_s3_base_224"; version 2 begins with another word.
bool is_timm_swin(const std::string& name);

// Reads such a name word by word, as the above; returns the side of pictures that it ends with. Everything else about
// the model stands in its weights.
int64_t read_timm_swin_name(const std::string& name, const std::string& where);

}  // namespace multipole
