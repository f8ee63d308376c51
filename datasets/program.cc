// SPDX-License-Identifier: MIT
#include "datasets/program.h"

#include <cerrno>
#include <cstring>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"

extern char** environ;

namespace bittensor {
namespace {

constexpr std::size_t kTailBytes = 4096;  // of standard error: where the reason stands

// A nameless temporary file, gone with its last descriptor. Not O_TMPFILE, which NFS lacks.
class Scratch {
 public:
  explicit Scratch(const std::string& folder) : descriptor_(open_nameless(folder)) {}
  ~Scratch() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  int descriptor() const { return descriptor_; }

  std::string last_line() const {
    const off_t size = lseek(descriptor_, 0, SEEK_END);
    const off_t begin = size > static_cast<off_t>(kTailBytes) ? size - kTailBytes : 0;
    std::string tail(kTailBytes, '\0');
    const ssize_t got = pread(descriptor_, tail.data(), tail.size(), begin);
    tail.resize(got > 0 ? got : 0);
    std::string last;
    for (const absl::string_view line : absl::StrSplit(tail, '\n')) {
      if (!absl::StripAsciiWhitespace(line).empty())
        last = std::string(absl::StripAsciiWhitespace(line));
    }
    return last;
  }

 private:
  static int open_nameless(const std::string& folder) {
    std::string path = folder + "/stderr-XXXXXX";
    const int descriptor = mkostemp(path.data(), O_CLOEXEC);
    if (descriptor >= 0) unlink(path.c_str());
    return descriptor;
  }

  const int descriptor_;
};

// Owns the two objects that posix_spawn takes.
struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  // A process group of its own, so that a kill reaches what the program starts, and plain
  // signals, whatever this process blocks.
  SpawnSetup(const std::string& folder, int error_descriptor) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, error_descriptor, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

absl::StatusOr<pid_t> spawn(const std::vector<std::string>& arguments, const std::string& folder,
                            int error_descriptor) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const SpawnSetup setup(folder, error_descriptor);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, argv[0], &setup.actions, &setup.attributes, argv.data(), environ);
  if (error == 0) return pid;
  const std::string reason = std::strerror(error);
  if (error == ENOENT) return absl::NotFoundError(absl::StrCat(arguments[0], " not found"));
  return absl::InternalError(absl::StrCat("cannot start ", arguments[0], ": ", reason));
}

// Asks now and then instead of catching SIGCHLD, which belongs to the program.
absl::StatusOr<int> wait_for(pid_t pid, Duration timeout) {
  const TimePoint deadline = std::chrono::steady_clock::now() + timeout;
  int state = 0;
  for (;;) {
    const pid_t ended = waitpid(pid, &state, WNOHANG);
    if (ended == pid) return state;
    if (ended < 0 && errno != EINTR) return absl::InternalError(std::strerror(errno));
    if (std::chrono::steady_clock::now() >= deadline || StopSignal::requested()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(-pid, SIGKILL);
  waitpid(pid, &state, 0);
  if (StopSignal::requested()) return absl::CancelledError("stopped");
  const auto seconds = std::chrono::duration<double>(timeout).count();
  return absl::DeadlineExceededError(absl::StrCat("not done after ", seconds, " s"));
}

}  // namespace

absl::Status run_program(const std::vector<std::string>& arguments, const std::string& folder,
                         Duration timeout) {
  const Scratch errors(folder);
  if (errors.descriptor() < 0) {
    return absl::InternalError(absl::StrCat(folder, ": ", std::strerror(errno)));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const pid_t pid, spawn(arguments, folder, errors.descriptor()));
  const absl::StatusOr<int> state = wait_for(pid, timeout);
  if (!state.ok()) {
    return absl::Status(state.status().code(),
                        absl::StrCat(arguments[0], ": ", state.status().message()));
  }
  if (WIFEXITED(*state) && WEXITSTATUS(*state) == 0) return absl::OkStatus();
  const std::string end = WIFEXITED(*state) ? absl::StrCat("exit status ", WEXITSTATUS(*state))
                                            : absl::StrCat("signal ", WTERMSIG(*state));
  return absl::InternalError(absl::StrCat(arguments[0], ": ", end, ": ", errors.last_line()));
}

}  // namespace bittensor
