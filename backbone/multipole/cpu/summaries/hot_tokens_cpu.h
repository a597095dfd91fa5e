// Fused choice of hot tokens on the CPU: float32 and bfloat16 (arithmetic in float32), a head of an image a task.
#pragma once

#include <string>

#include "backbone/multipole/hot_tokens_args.h"

namespace multipole::cpu {

// "" where the fused kernel can run these arguments, else the reason why not.
std::string why_not(const HotTokens2dArgs& args);

// (B, heads, count) int64.
at::Tensor hot_tokens2d(const HotTokens2dArgs& args);

}  // namespace multipole::cpu
