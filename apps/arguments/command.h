// How a command joins the program: it adds its options below `parent`, and where the user chose it, parsing leaves what
// is to be done in `run`, which returns the exit code and throws what it cannot handle.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace multipole {

using Run = std::function<int()>;

// Adds `name` below `parent` with its one-line description and an example for --help.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

// Options that several commands share.
struct ComputeOptions {
  std::string device = "auto";
  int threads = 0;  // as use_threads() takes it
  int64_t batch_size = 64;
  int64_t workers = 2;
};

// --threads, whose default is that of `threads`.
void add_threads_option(CLI::App& command, int& threads);
void add_device_options(CLI::App& command, std::string& device, int& threads);
void add_compute_options(CLI::App& command, ComputeOptions& options);

// What messages say about --on-error, in every command that has it.
inline constexpr const char* kSkipAdvice = "--on-error skip leaves such pictures out";

// What --data and --data-root take, in every command that reads labelled pictures.
const char* data_option_help();
const char* data_root_option_help();

// Tells LibTorch (set_program_threads), and standard error where there are more than processors.
void use_threads(int threads);

}  // namespace multipole
