#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "apps/arguments/signals.h"

namespace multipole {
namespace {

// The status of a child process that does `work`.
int exit_status_of(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST(SignalStop, TheFirstSignalAsksAndNamesItsExitCode) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const int status = exit_status_of([signal] {
      const SignalStop stop;
      if (stop.requested()) return 1;
      ::raise(signal);
      return stop.requested() ? stop.exit_code() : 1;
    });
    EXPECT_EQ(WEXITSTATUS(status), 128 + signal);
  }
}

TEST(SignalStop, TheSecondSignalEndsAtOnce) {
  const int status = exit_status_of([] {
    const SignalStop stop;
    ::raise(SIGINT);
    ::raise(SIGTERM);
    return 1;
  });
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 143);
}

TEST(ReportFailedWrites, ABrokenPipeAndAFileLimitAreErrorsOfWrite) {
  const int status = exit_status_of([] {
    report_failed_writes();
    int pipe[2] = {};
    if (::pipe(pipe) != 0) return 1;
    ::close(pipe[0]);
    if (::write(pipe[1], "x", 1) != -1) return 2;
    rlimit limit = {1, 1};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::FILE* file = std::tmpfile();
    return ::write(::fileno(file), "xx", 2) == 1 && ::write(::fileno(file), "x", 1) == -1 ? 0 : 3;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace multipole
