// hot_tokens2d of op.h in plain ATen: one matrix product and a sort, any floating dtype and device.
#pragma once

#include "backbone/multipole/hot_tokens_args.h"

namespace multipole::reference {

// (B, heads, count) int64.
at::Tensor hot_tokens2d(const HotTokens2dArgs& args);

}  // namespace multipole::reference
