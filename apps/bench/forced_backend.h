// Makes every operator of this process run on one backend while it lives.
#pragma once

#include <optional>
#include <string>

namespace multipole {

// Sets MULTIPOLE_BACKEND, which the operators read at each call, and puts its old value back at the end. An empty name
// changes nothing. Not for use while other threads read the environment.
class ForcedBackend {
 public:
  explicit ForcedBackend(const std::string& name);
  ~ForcedBackend();
  ForcedBackend(const ForcedBackend&) = delete;
  ForcedBackend& operator=(const ForcedBackend&) = delete;

 private:
  bool active_;
  std::optional<std::string> before_;
};

}  // namespace multipole
