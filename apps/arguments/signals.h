// SIGINT and SIGTERM ask a command to stop at its next safe point; the second one ends the process at once.
#pragma once

#include <atomic>

namespace multipole {

class SignalStop {
 public:
  // Installs the handlers; the destructor puts the default back. At most one object lives at a time.
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  // Set once a signal came.
  const std::atomic<bool>* flag() const;
  bool requested() const { return flag()->load(); }

  // 128 + the signal that came; SIGTERM's where it came to another process of the same training.
  int exit_code() const;
};

// A reader that goes away (`| head`) and a file that outgrows the user's limit (`ulimit -f`) show as failed writes and
// not as signals.
void report_failed_writes();

}  // namespace multipole
