#include "backbone/multipole/dispatch/backend.h"

#include <c10/util/Exception.h>

#include <cstdlib>

namespace multipole {

const char* backend_name(Backend backend) {
  switch (backend) {
    case Backend::reference:
      return "reference";
    case Backend::cpu:
      return "cpu";
    case Backend::cuda:
      return "cuda";
  }
  return "unknown";
}

std::optional<Backend> forced_backend() {
  const char* text = std::getenv("MULTIPOLE_BACKEND");
  const std::string name = text == nullptr ? "" : text;
  if (name.empty() || name == "auto") return std::nullopt;
  for (const Backend backend : {Backend::reference, Backend::cpu, Backend::cuda}) {
    if (name == backend_name(backend)) return backend;
  }
  TORCH_CHECK(false, "MULTIPOLE_BACKEND must be auto, reference, cpu or cuda, got '", name, "'");
}

Backend choose_backend(const char* op, const std::vector<Candidate>& fastest_first) {
  const std::optional<Backend> forced = forced_backend();
  for (const Candidate& candidate : fastest_first) {
    if (forced.has_value() && candidate.backend != *forced) continue;
    if (candidate.why_not.empty()) return candidate.backend;
    TORCH_CHECK(!forced.has_value(), "MULTIPOLE_BACKEND=", backend_name(candidate.backend), ", but multipole::", op,
                " cannot run on it: ", candidate.why_not);
  }
  return Backend::reference;
}

}  // namespace multipole
