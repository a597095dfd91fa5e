// A list of inputs in batches that the processes of a launcher share (docs/several_processes.md): process r of n
// computes batch r of every n in a row, and the first process gets all results in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/arguments/signals.h"
#include "engine/distributed/process_group.h"

namespace multipole {

// Throws ConfigError, in all processes, where they were not given the same model and inputs.
void expect_same_inputs(const ProcessGroup& group, const std::string& model,
                        const std::vector<std::filesystem::path>& paths);

class BatchShare {
 public:
  // What the results of a batch come to, at the first process; never empty.
  using Take = std::function<void(const std::string& results)>;

  // Batches first_batch .. num_batches - 1; the same numbers in all processes. Keeps references.
  BatchShare(const ProcessGroup& group, int64_t first_batch, int64_t num_batches, const SignalStop& stop, Take take);

  // How many batches of this process's share come before, as Loader::start_epoch() counts them.
  int64_t first_own_batch() const;

  // Between the two give() hands over the results of this process's batches, in their order. The processes meet in
  // each. Throws as ProcessGroup does.
  void start();
  void give(const std::string& results);
  void finish();

  // Once a signal came to one of the processes all of them stop after the same batches, where there are more.
  bool is_stopped() const { return is_stopped_; }
  // Whether this process may as well begin no other batch.
  bool is_stopping() const { return is_stopped_ || (group_.size() == 1 && stop_.requested()); }

 private:
  int64_t num_rounds() const;
  bool has_own(int64_t round) const;

  const ProcessGroup& group_;
  int64_t first_batch_, num_batches_, round_;
  const SignalStop& stop_;
  Take take_;
  std::atomic<bool> is_stopped_{false};  // which the threads that fetch batches ask
};

}  // namespace multipole
