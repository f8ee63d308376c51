// SPDX-License-Identifier: MIT
#include "bittensor/base/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bittensor/base/file.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr int kExecFailed = 127;  // what a shell answers

// What the child needs between fork and its program.
struct Launch {
  char* const* arguments;
  const char* folder;
  int input;
  int output;
  int error;
  int failure;  // where the reason goes if there will be no program
  pid_t parent;
};

// The rest of the child's way to its program. Only calls that are safe there.
[[noreturn]] void become(const Launch& launch) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != launch.parent) _exit(kExecFailed);  // The parent died before the line above.
  setpgid(0, 0);  // Ctrl-C in the terminal is for the parent, which stops its children in order.
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(launch.input, STDIN_FILENO);
  dup2(launch.output, STDOUT_FILENO);
  if (launch.error >= 0) dup2(launch.error, STDERR_FILENO);
  if (*launch.folder == '\0' || chdir(launch.folder) == 0) {
    execvp(launch.arguments[0], launch.arguments);
  }
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = write(launch.failure, &reason, sizeof(reason));
  _exit(kExecFailed);
}

struct Pipe {
  File read;
  File write;
};

absl::StatusOr<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("no pipe: ", std::strerror(errno)));
  }
  return Pipe{File(ends[0]), File(ends[1])};
}

absl::Status not_started(const std::string& program, int reason) {
  if (reason == ENOENT) return absl::NotFoundError(absl::StrCat(program, " not found"));
  return absl::UnavailableError(
      absl::StrCat("cannot start ", program, ": ", std::strerror(reason)));
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                                 const Options& options) {
  const File input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!input.is_open()) return not_started(arguments[0], errno);
  BITTENSOR_ASSIGN_OR_RETURN(Pipe output, make_pipe());
  BITTENSOR_ASSIGN_OR_RETURN(Pipe failure, make_pipe());
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const Launch launch{argv.data(),   options.folder.c_str(), input.fd(), output.write.fd(),
                      options.error, failure.write.fd(),     getpid()};
  const pid_t pid = fork();
  if (pid == 0) become(launch);
  if (pid < 0) return not_started(arguments[0], errno);
  // Closed by the child's exec, and here: then there is nothing to read.
  failure.write.close();
  int reason = 0;
  ssize_t size = 0;
  do {
    size = read(failure.read.fd(), &reason, sizeof(reason));
  } while (size < 0 && errno == EINTR);
  if (size > 0) {
    waitpid(pid, nullptr, 0);
    return not_started(arguments[0], reason);
  }
  fcntl(output.read.fd(), F_SETFL, O_NONBLOCK);
  return ChildProcess(pid, output.read.release());
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
  ::kill(-pid_, SIGKILL);
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
  if (!ended()) ::kill(-pid_, SIGKILL);
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
