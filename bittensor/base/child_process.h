// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include <sys/types.h>

namespace bittensor {

// A program started by this one, in a process group of its own, with plain signals and nothing on
// standard input. Its standard output is read line by line. It ends with this process, even if that
// is killed.
//
// Not thread-safe. The thread that starts it must live as long.
class ChildProcess {
 public:
  struct Options {
    int error = -1;      // the descriptor that its standard error goes to; -1: this process's
    std::string folder;  // where it runs; empty: here
  };

  // Starts `arguments[0]`, looked for on PATH. kNotFound if there is no such program; the error
  // names it and the reason.
  static absl::StatusOr<ChildProcess> start(const std::vector<std::string>& arguments,
                                            const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Kills it, and what it started, if it still runs.
  ~ChildProcess();

  // To poll for reading; -1 when its output has ended.
  int output() const { return output_; }

  // The lines that are there; does not block.
  std::vector<std::string> read_lines();

  // Asks it to stop (SIGTERM).
  void terminate();
  // Kills it and what it started.
  void kill();

  // Whether it has ended. Does not block.
  bool ended();

  // "": it ran well; otherwise "exit status 1" or "killed by signal 9". Once ended().
  std::string failure() const;

 private:
  ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  std::string partial_line_;
  bool ended_ = false;
  int wait_status_ = 0;
};

}  // namespace bittensor
