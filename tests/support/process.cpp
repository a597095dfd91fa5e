#include "tests/support/process.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace multipole::test {
namespace {

std::string content(std::FILE* file) {
  std::string text;
  std::array<char, 4096> buffer;
  std::rewind(file);
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) text.append(buffer.data(), size);
  return text;
}

void redirect(std::FILE* file, int descriptor) {
  if (::dup2(::fileno(file), descriptor) < 0) ::_exit(127);
}

void redirect_to_broken_pipe() {
  std::array<int, 2> pipe = {};
  if (::pipe(pipe.data()) != 0 || ::dup2(pipe[1], STDOUT_FILENO) < 0) ::_exit(127);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const ProcessOptions& options)
    : in_(std::tmpfile(), &std::fclose), out_(std::tmpfile(), &std::fclose), err_(std::tmpfile(), &std::fclose) {
  if (in_ == nullptr || out_ == nullptr || err_ == nullptr) throw std::runtime_error("cannot make temporary files");
  std::fwrite(options.input.data(), 1, options.input.size(), in_.get());
  std::rewind(in_.get());
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  redirect(in_.get(), STDIN_FILENO);
  redirect(err_.get(), STDERR_FILENO);
  if (options.broken_pipe) {
    redirect_to_broken_pipe();
  } else {
    redirect(out_.get(), STDOUT_FILENO);
  }
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

void Process::send(int signal) const { ::kill(pid_, signal); }

ProcessResult Process::wait() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("cannot wait");
  ProcessResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  result.out = content(out_.get());
  result.err = content(err_.get());
  return result;
}

ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  return Process(arguments, options).wait();
}

std::vector<std::string> multipole_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {MULTIPOLE_BINARY_DIR "/multipole"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

ProcessResult run_multipole(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  return run_process(multipole_command(arguments), options);
}

}  // namespace multipole::test
