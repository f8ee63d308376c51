// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include <sys/types.h>

namespace bittensor {

// A program started by this one. Its standard output is read line by line, its
// standard error goes to a file. It ends with its parent, also if that is killed.
//
// Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments[0]`. The error names the program or the log file and the reason.
  static absl::StatusOr<ChildProcess> start(const std::vector<std::string>& arguments,
                                            const std::string& log_file);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Kills it if it still runs.
  ~ChildProcess();

  // To poll for reading; -1 when its output has ended.
  int output() const { return output_; }

  // The lines that are there; does not block.
  std::vector<std::string> read_lines();

  // Asks it to stop (SIGTERM).
  void terminate();
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
