// SPDX-License-Identifier: MIT
#include <csignal>

#include "bench/wire/round_trip.h"
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"

namespace bittensor::bench {

Server::Server(const std::function<int()>& start) {
  int pipe_ends[2];
  BITTENSOR_CHECK(pipe(pipe_ends) == 0);
  pid_ = fork();
  BITTENSOR_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    tune_allocator();
    const int port = start();
    BITTENSOR_CHECK(write(pipe_ends[1], &port, sizeof(port)) == sizeof(port));
    while (true) pause();  // The parent kills us.
  }
  close(pipe_ends[1]);
  BITTENSOR_CHECK(read(pipe_ends[0], &port_, sizeof(port_)) == sizeof(port_))
      << "the server did not start";
  close(pipe_ends[0]);
}

Server::~Server() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace bittensor::bench
