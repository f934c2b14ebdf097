#include "server/shutdown.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace yun::server {

namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR2);  // only from our own destructor
  return set;
}

}  // namespace

Shutdown::Shutdown() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a reader of our output that leaves must not end the server
  const bool on_terminal = ::isatty(STDIN_FILENO);
  thread_ = std::thread([this, on_terminal] {
    const sigset_t mine = Signals();
    for (;;) {
      int signal = 0;
      if (sigwait(&mine, &signal) != 0 || stop_) return;
      if (signal == SIGUSR2) continue;
      if (signal == SIGHUP && !on_terminal) {
        reload_.With([](const auto& reload) {
          if (reload) reload();
        });
        continue;
      }
      if (!orderly_) ::_exit(signal == SIGTERM ? 0 : 128 + signal);
      if (asked_.exchange(true)) ::_exit(128 + signal);
      asked_.notify_all();
    }
  });
}

Shutdown::~Shutdown() {
  stop_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

}  // namespace yun::server
