// The processes that train one model together, over PyTorch's own c10d: gloo for tensors of the CPU, NCCL for those of
// CUDA devices where the build has it (gloo otherwise). Every process calls the same methods in the same order. A group
// of one does nothing and needs no network.
#pragma once

#include <torch/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/distributed/process_place.h"

namespace multipole {

struct ProcessTimeouts {
  std::chrono::seconds meeting = std::chrono::minutes(10);  // for all processes to come
  // for one exchange; processes wait for the slowest one's data and evaluation
  std::chrono::seconds exchange = std::chrono::minutes(60);
};

class ProcessGroup {
 public:
  // Waits for all processes to come. Throws ResourceError, saying which address and why, where they do not, or in a
  // build without gloo's headers where there is more than one process. GLOO_SOCKET_IFNAME names the network interface
  // that gloo uses, as it does for PyTorch.
  explicit ProcessGroup(const ProcessPlace& place, const ProcessTimeouts& timeouts = {});
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int64_t process_rank() const { return place_.process_rank; }
  int64_t size() const { return place_.num_processes; }
  bool is_first() const { return place_.is_first(); }

  // The methods below throw TrainingError where another process ended or hangs for longer than the timeout.

  // Sum over all processes, in place.
  void sum(torch::Tensor& tensor) const;
  double sum(double value) const;
  // The first process's values, in place.
  void broadcast(const std::vector<torch::Tensor>& tensors) const;
  // Returns once all processes have come here.
  void barrier() const;
  // Throws ConfigError in all processes, naming `what`, where they do not all give the same value.
  void expect_same(const std::string& what, int64_t value) const;

  // c10d's group, for classes that work on it; null for a group of one.
  struct Native;
  const Native* native() const { return native_.get(); }

 private:
  ProcessPlace place_;
  std::unique_ptr<Native> native_;
};

}  // namespace multipole
