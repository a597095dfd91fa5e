// Clustered summaries in plain ATen, any floating dtype and device. The rules: backbone/multipole/op.h, cluster2d.
// Computes in float32 for bfloat16 and float16 inputs.
#pragma once

#include "backbone/multipole/cluster_args.h"

namespace multipole::reference {

Clusters2d cluster2d_forward(const Cluster2dArgs& args);

}  // namespace multipole::reference
