// SPDX-License-Identifier: MIT
#include "bittensor/base/stop_signal.h"

#include <atomic>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace bittensor {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "read in a signal handler");

// Written by the handler, polled by wait_for(): a byte in it means stop.
int wake_pipe[2] = {-1, -1};

void on_signal(int signal) {
  if (stop_requested.exchange(true)) _exit(128 + signal);
  const char byte = 1;
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
}

}  // namespace

void StopSignal::install() {
  if (wake_pipe[0] >= 0 || pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);  // A closed socket or terminal is an error of a write, not the end.
}

bool StopSignal::requested() {
  return stop_requested;
}

bool StopSignal::wait_for(std::chrono::milliseconds timeout) {
  if (requested()) return true;
  pollfd wake{wake_pipe[0], POLLIN, 0};
  poll(&wake, 1, static_cast<int>(timeout.count()));
  return requested();
}

}  // namespace bittensor
