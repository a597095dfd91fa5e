// Tokens of one picture are much alike: what a fit is worth is seen on pictures of which it saw none.
#pragma once

#include <cstdint>

#include "tasks/probe/strength_choice.h"
#include "tasks/segmentation/probe/token_sample.h"

namespace multipole {

// The tokens of a share of the pictures, drawn by seed, at least one and not all, against those of the others. Where it
// leaves any, held-out tokens of a class that no other picture shows are in neither part: no fit can know it. Throws
// InputError for tokens of fewer than two pictures.
HeldOutSplit hold_out_pictures(const Tokens& tokens, double share, uint64_t seed);

}  // namespace multipole
