#include "backbone/layers/drop_path.h"

namespace multipole {

torch::Tensor DropPathImpl::forward(const torch::Tensor& x) {
  if (!is_training() || rate_ == 0) return x;
  std::vector<int64_t> one_per_sample(x.dim(), 1);
  one_per_sample[0] = x.size(0);
  const double keep = 1 - rate_;
  return x * torch::empty(one_per_sample, x.options()).bernoulli_(keep).div_(keep);
}

}  // namespace multipole
