// SPDX-License-Identifier: MIT
#include "bittensor/wallet/passphrase.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/private_file.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxBytes = 1024;

// The terminal without echo, until it goes.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    changed_ = tcgetattr(terminal_, &before_) == 0;
    if (!changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(terminal_, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (changed_) tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  const int terminal_;
  termios before_{};
  bool changed_ = false;
};

void say(int terminal, const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(terminal, text.data(), text.size());
}

absl::StatusOr<Secret> ask_once(int terminal, const std::string& prompt) {
  const Silence silence(terminal);
  say(terminal, prompt);
  Secret answer(kMaxBytes);
  const ssize_t size = read(terminal, answer.data(), answer.size());
  say(terminal, "\n");
  if (size <= 0) return absl::CancelledError("nothing was given");
  const std::size_t end = answer.view().find('\n');
  if (end == absl::string_view::npos) return absl::InvalidArgumentError("the answer is too long");
  answer.resize(end);
  return answer;
}

absl::StatusOr<File> open_terminal(absl::string_view otherwise) {
  File terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.is_open()) return terminal;
  return absl::FailedPreconditionError(absl::StrCat("no terminal to ask at: ", otherwise));
}

}  // namespace

absl::StatusOr<Secret> read_passphrase(const std::string& path) {
  if (path.empty()) {
    const char* value = std::getenv("BITTENSOR_PASSPHRASE");
    return Secret(absl::NullSafeStringView(value));
  }
  auto content = read_private_file(path, kMaxBytes);
  if (!content.ok()) {
    return absl::Status(content.status().code(),
                        absl::StrCat("passphrase: ", content.status().message()));
  }
  Secret passphrase = *std::move(content);
  const std::size_t end = passphrase.view().find('\n');
  if (end != absl::string_view::npos) passphrase.resize(end);
  if (passphrase.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path,
                                                   " begins with an empty line: that is no "
                                                   "passphrase"));
  }
  return passphrase;
}

absl::StatusOr<Secret> read_phrase(const std::string& path) {
  if (!path.empty()) return read_private_file(path, kMaxBytes);
  BITTENSOR_ASSIGN_OR_RETURN(const File terminal, open_terminal("use --mnemonic_file"));
  return ask_once(terminal.fd(), "phrase: ");
}

absl::StatusOr<Secret> ask_passphrase(const std::string& prompt, bool twice) {
  BITTENSOR_ASSIGN_OR_RETURN(const File terminal,
                             open_terminal("use --passphrase_file or BITTENSOR_PASSPHRASE"));
  BITTENSOR_ASSIGN_OR_RETURN(Secret passphrase, ask_once(terminal.fd(), prompt + ": "));
  if (passphrase.empty()) return absl::InvalidArgumentError("the passphrase is empty");
  if (!twice) return passphrase;
  BITTENSOR_ASSIGN_OR_RETURN(const Secret again, ask_once(terminal.fd(), "once more: "));
  if (again.view() != passphrase.view()) {
    return absl::InvalidArgumentError("the two passphrases differ");
  }
  return passphrase;
}

}  // namespace bittensor
