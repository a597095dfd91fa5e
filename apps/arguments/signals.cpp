#include "apps/arguments/signals.h"

#include <signal.h>
#include <unistd.h>

#include "apps/arguments/exit_code.h"

namespace multipole {
namespace {

// A signal handler has nothing but globals to speak through.
std::atomic<bool> stop_requested = false;
std::atomic<int> received_signal = 0;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void handle(int signal) {
  if (stop_requested.exchange(true)) ::_exit(kExitSignal + signal);
  received_signal = signal;
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

SignalStop::SignalStop() {
  stop_requested = false;
  install(handle);
}

SignalStop::~SignalStop() { install(SIG_DFL); }

const std::atomic<bool>* SignalStop::flag() const { return &stop_requested; }

int SignalStop::exit_code() const { return kExitSignal + (received_signal == 0 ? SIGTERM : received_signal.load()); }

void report_failed_writes() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace multipole
