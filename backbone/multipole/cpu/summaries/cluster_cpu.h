// Fused clustered summaries on the CPU: float32 and bfloat16 (arithmetic in float32). Deterministic for any number of
// threads: each cell and head is worked on by itself.
#pragma once

#include <string>

#include "backbone/multipole/cluster_args.h"

namespace multipole::cpu {

// "" where the fused kernels can run these arguments, else the reason why not.
std::string why_not(const Cluster2dArgs& args);

Clusters2d cluster2d_forward(const Cluster2dArgs& args);

}  // namespace multipole::cpu
