#include "apps/bench/forced_backend.h"

#include <cstdlib>

namespace multipole {
namespace {

constexpr const char* kVariable = "MULTIPOLE_BACKEND";

}  // namespace

ForcedBackend::ForcedBackend(const std::string& name) : active_(!name.empty()) {
  if (!active_) return;
  if (const char* value = std::getenv(kVariable)) before_ = value;
  setenv(kVariable, name.c_str(), /*overwrite=*/1);
}

ForcedBackend::~ForcedBackend() {
  if (!active_) return;
  if (before_) {
    setenv(kVariable, before_->c_str(), 1);
  } else {
    unsetenv(kVariable);
  }
}

}  // namespace multipole
