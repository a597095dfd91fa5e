#include "backbone/layers/layer_scale.h"

namespace multipole {

LayerScaleImpl::LayerScaleImpl(int64_t embed_dim, double initial) {
  gamma_ = register_parameter("gamma", torch::full({embed_dim}, initial));
}

}  // namespace multipole
