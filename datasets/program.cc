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
#include <unistd.h>

#include "bittensor/base/child_process.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"

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

}  // namespace

absl::Status run_program(const std::vector<std::string>& arguments, const std::string& folder,
                         Duration timeout) {
  const Scratch errors(folder);
  if (errors.descriptor() < 0) {
    return absl::InternalError(absl::StrCat(folder, ": ", std::strerror(errno)));
  }
  BITTENSOR_ASSIGN_OR_RETURN(ChildProcess program,
                             ChildProcess::start(arguments, {errors.descriptor(), folder}));
  // Asks now and then instead of catching SIGCHLD, which belongs to this process. A program that
  // is not waited for any longer is killed as `program` goes.
  const TimePoint deadline = std::chrono::steady_clock::now() + timeout;
  while (!program.ended()) {
    program.read_lines();  // Of no interest, but a full pipe would keep it from ending.
    if (StopSignal::requested())
      return absl::CancelledError(absl::StrCat(arguments[0], ": stopped"));
    if (std::chrono::steady_clock::now() >= deadline) {
      const auto seconds = std::chrono::duration<double>(timeout).count();
      return absl::DeadlineExceededError(
          absl::StrCat(arguments[0], ": not done after ", seconds, " s"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const std::string failure = program.failure();
  if (failure.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(arguments[0], ": ", failure, ": ", errors.last_line()));
}

}  // namespace bittensor
