// Runs a program of the project as a user would: arguments and standard input in, both outputs and the exit code out.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace multipole::test {

struct ProcessResult {
  int exit_code = -1;  // minus the signal's number where a signal ended it
  std::string out, err;
};

struct ProcessOptions {
  std::string input;                                             // standard input
  std::vector<std::pair<std::string, std::string>> environment;  // added to the test's own
  bool broken_pipe = false;                                      // standard output is a pipe that nobody reads
};

// A program under way; wait() must be called once.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});
  void send(int signal) const;
  ProcessResult wait();

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  File in_, out_, err_;
  pid_t pid_ = -1;
};

ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

// build/multipole with these arguments.
std::vector<std::string> multipole_command(const std::vector<std::string>& arguments);
ProcessResult run_multipole(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

}  // namespace multipole::test
