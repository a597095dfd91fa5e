// The gradients of clustered summaries, with the clusters' members fixed. In plain ATen, any device.
#pragma once

#include "backbone/multipole/cluster_args.h"

namespace multipole {

// `clusters`: what the forward returned, labels included. `d_clusters`: gradients of it, all of them given.
Cluster2dGrads cluster2d_gradients(const Cluster2dArgs& args, const Clusters2d& clusters, const Clusters2d& d_clusters);

}  // namespace multipole
