// SPDX-License-Identifier: MIT
#include "app/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bittensor {
namespace {

constexpr int kExecFailed = 127;  // what a shell answers

// The rest of the child's way between fork and its program. Only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int output, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kExecFailed);  // The parent died before the line above.
  setpgid(0, 0);  // Ctrl-C in the terminal is for the parent, which stops its children in order.
  dup2(output, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments);
  constexpr char kMessage[] = "cannot be started\n";
  [[maybe_unused]] const ssize_t written = write(log, kMessage, sizeof(kMessage) - 1);
  _exit(kExecFailed);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                                 const std::string& log_file) {
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (log < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", log_file, ": ", std::strerror(errno)));
  }
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) {
    close(log);
    return absl::ResourceExhaustedError(absl::StrCat("no pipe: ", std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), pipe[1], log, parent);
  close(log);
  close(pipe[1]);
  if (pid < 0) {
    close(pipe[0]);
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start ", arguments[0], ": ", std::strerror(errno)));
  }
  fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  return ChildProcess(pid, pipe[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      partial_line_(std::move(other.partial_line_)),
      ended_(other.ended_),
      wait_status_(other.wait_status_) {}

ChildProcess::~ChildProcess() {
  if (output_ >= 0) close(output_);
  if (pid_ < 0 || ended_) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::vector<std::string> ChildProcess::read_lines() {
  std::vector<std::string> lines;
  char buffer[65536];
  while (output_ >= 0) {
    const ssize_t size = read(output_, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;  // Nothing there now.
    if (size == 0) {
      close(std::exchange(output_, -1));
      break;
    }
    partial_line_.append(buffer, static_cast<std::size_t>(size));
    std::size_t start = 0;
    for (std::size_t end; (end = partial_line_.find('\n', start)) != std::string::npos;
         start = end + 1) {
      lines.push_back(partial_line_.substr(start, end - start));
    }
    partial_line_.erase(0, start);
  }
  return lines;
}

void ChildProcess::terminate() {
  if (!ended()) ::kill(pid_, SIGTERM);
}

void ChildProcess::kill() {
  if (!ended()) ::kill(pid_, SIGKILL);
}

bool ChildProcess::ended() {
  if (!ended_) ended_ = waitpid(pid_, &wait_status_, WNOHANG) == pid_;
  return ended_;
}

std::string ChildProcess::failure() const {
  if (WIFSIGNALED(wait_status_)) {
    return absl::StrCat("killed by signal ", WTERMSIG(wait_status_));
  }
  const int status = WEXITSTATUS(wait_status_);
  return status == 0 ? "" : absl::StrCat("exit status ", status);
}

}  // namespace bittensor
