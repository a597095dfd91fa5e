#include "engine/files/held_weights.h"

#include "backbone/families/model_size.h"
#include "base/error.h"

namespace multipole {
namespace {

// 64 MB in float32.
constexpr double kMostMissing = 1 << 24;

}  // namespace

void require_held(const Safetensors& content, double parameters, const std::string& source) {
  double held = 0;
  for (const auto& [name, tensor] : content.tensors) held += static_cast<double>(tensor.numel());
  if (parameters <= held + kMostMissing) return;
  throw ModelFileError(source + ": its config describes a model of " + parameters_text(parameters) +
                       ", and the file holds " + parameters_text(held) +
                       ": its metadata or its weights are another file's");
}

}  // namespace multipole
