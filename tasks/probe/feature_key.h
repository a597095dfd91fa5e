// Features that are kept: what they are found by, and what they must be.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "engine/runtime/execution.h"
#include "heads/model/model.h"

namespace multipole {

// A checksum of what the backbone is shown, the pixels of a picture (3, H, W) after all preprocessing: another picture,
// size, crop or mean never gets features that are not its own.
int64_t picture_key(const torch::Tensor& image);

// What features depend on besides the picture: weights and architecture of the backbone, and the precision.
std::string feature_fingerprint(VisionModelImpl& model, const Execution& execution);

// Throws ModelFileError, naming the picture, where a number of its features is not finite.
void require_finite_features(const torch::Tensor& features, const std::string& picture);

}  // namespace multipole
