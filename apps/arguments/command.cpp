#include "apps/arguments/command.h"

#include <algorithm>
#include <iostream>

#include "datasets/sources/labelled_pictures.h"
#include "engine/runtime/processors.h"
#include "engine/runtime/thread_count.h"

namespace multipole {
namespace {

constexpr int64_t kMostWorkers = 8;  // each has a batch at hand

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  return command;
}

void add_threads_option(CLI::App& command, int& threads) {
  command
      .add_option("--threads", threads,
                  "CPU threads; 0 for OMP_NUM_THREADS or, where it is not set, one a processor that the process may use")
      ->check(CLI::Range(0, 1024));
}

void add_device_options(CLI::App& command, std::string& device, int& threads) {
  command.add_option("--device", device, "auto (CUDA where there is one), cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  add_threads_option(command, threads);
}

void add_compute_options(CLI::App& command, ComputeOptions& options) {
  add_device_options(command, options.device, options.threads);
  command.add_option("--batch-size", options.batch_size, "pictures at a time")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  options.workers = std::clamp<int64_t>(allowed_processors(), 1, kMostWorkers);
  command.add_option("--workers", options.workers, "threads that decode pictures; one a processor, at most 8")
      ->check(CLI::Range(int64_t{0}, int64_t{256}))
      ->capture_default_str();
}

const char* data_option_help() { return kLabelledPicturesForms; }

const char* data_root_option_help() { return "folder that a manifest's paths are relative to, if not its own"; }

void use_threads(int threads) {
  const int chosen = set_program_threads(threads), allowed = allowed_processors();
  if (chosen <= allowed) return;
  std::cerr << "note: " << chosen << " threads on " << allowed << (allowed == 1 ? " processor" : " processors")
            << " that this process may use: they will wait for each other\n";
}

}  // namespace multipole
