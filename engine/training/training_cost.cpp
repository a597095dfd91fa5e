#include "engine/training/training_cost.h"

namespace multipole {
namespace {

constexpr double kPasses = 3, kPassesWithCheckpointing = 4;

}  // namespace

std::optional<double> step_flops(const PassFlops& pass_flops, const TrainedModel& model,
                                 const std::vector<Batch>& window, bool gradient_checkpointing) {
  if (!pass_flops) return std::nullopt;
  double forward = 0;
  for (const auto& batch : window) {
    if (batch.size() > 0) forward += pass_flops(model, batch.inputs().sizes());
  }
  return (gradient_checkpointing ? kPassesWithCheckpointing : kPasses) * forward;
}

}  // namespace multipole
