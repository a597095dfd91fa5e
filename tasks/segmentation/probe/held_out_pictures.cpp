#include "tasks/segmentation/probe/held_out_pictures.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/_unique.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace multipole {

HeldOutSplit hold_out_pictures(const Tokens& tokens, double share, uint64_t seed) {
  const auto [pictures, place] = at::_unique(tokens.pictures, /*sorted=*/true, /*return_inverse=*/true);
  const int64_t count = pictures.size(0);
  if (count < 2) throw InputError("a probe needs labelled pixels in at least two training pictures that can be read");
  const int64_t num_held_out = std::clamp<int64_t>(std::llround(share * static_cast<double>(count)), 1, count - 1);
  auto generator = at::detail::createCPUGenerator(seed);
  auto held_out = torch::zeros({count}, torch::kBool);
  held_out.index_fill_(0, torch::randperm(count, generator, torch::kLong).narrow(0, 0, num_held_out), true);
  const auto is_held_out = held_out.index_select(0, place);
  const auto seen = is_held_out.logical_not().nonzero().flatten();
  const auto is_unseen_class = tokens.targets.index_select(0, seen).sum(0) == 0;
  const auto is_fair = (tokens.targets > 0).logical_and(is_unseen_class).any(1).logical_not();
  const auto fair = (is_held_out & is_fair).nonzero().flatten();
  return {.seen = seen, .held_out = fair.size(0) > 0 ? fair : is_held_out.nonzero().flatten()};
}

}  // namespace multipole
