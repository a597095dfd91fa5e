#include "tasks/segmentation/prediction/own_failure.h"

#include "base/error.h"
#include "tasks/segmentation/inference/inference_plan.h"

namespace multipole {
namespace {

template <class Kind>
bool is_kind(const std::exception& error) {
  return dynamic_cast<const Kind*>(&error) != nullptr;
}

}  // namespace

bool is_own_failure(const std::exception& error) {
  if (is_kind<MemoryLimitError>(error)) return true;
  return !is_kind<ConfigError>(error) && !is_kind<ModelFileError>(error) && !is_kind<ResourceError>(error);
}

}  // namespace multipole
