// The part of the joint softmax over keys that every query sees, dense: queries x extra keys.
#pragma once

#include <ATen/core/Tensor.h>

#include "backbone/multipole/reference/part.h"

namespace multipole::reference {

// Of one floating dtype.
struct ExtraKeys {
  at::Tensor q;     // (B, H, W, heads, d)
  at::Tensor k, v;  // (B, E, heads, d)
  double scale;
};

struct ExtraKeyGrads {
  at::Tensor q, k, v;
};

// At query sites, as of a Part.
Attended attend(const ExtraKeys& extra);
ExtraKeyGrads attend_backward(const ExtraKeys& extra, const Upstream& upstream);

}  // namespace multipole::reference
