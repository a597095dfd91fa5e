// The implementations of the operators, and the rule by which one is chosen.
//
// The environment variable MULTIPOLE_BACKEND forces one: auto (the default: the fastest that can run), reference (plain
// ATen, any device and dtype), cpu (fused SIMD kernels) or cuda. A forced backend that cannot run a call is an error
// with the reason; an operator that has no kernel of its own in that backend uses the reference.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace multipole {

enum class Backend { reference, cpu, cuda };

// "reference", "cpu" or "cuda".
const char* backend_name(Backend backend);

// A backend, and why it cannot run a call: empty where it can.
struct Candidate {
  Backend backend;
  std::string why_not;
};

// The backend that MULTIPOLE_BACKEND names, none for auto. Throws c10::Error on an unknown name.
std::optional<Backend> forced_backend();

// Picks from an operator's backends, listed from the fastest to the reference, which always runs.
// Throws c10::Error where the forced backend cannot run the call.
Backend choose_backend(const char* op, const std::vector<Candidate>& fastest_first);

}  // namespace multipole
