// SPDX-License-Identifier: MIT
#include "app/text_source.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <unistd.h>

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxLine = std::size_t{16} << 20;  // bytes

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string with_commas(std::size_t number) {
  std::string digits = absl::StrCat(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

TextSource::TextSource(std::vector<std::string> texts, std::vector<std::string> files)
    : texts_(std::move(texts)), files_(std::move(files)), from_words_(!texts_.empty()) {}

TextSource::~TextSource() {
  if (open_ != nullptr && open_ != stdin) std::fclose(open_);
}

absl::Status TextSource::open_next() {
  line_ = 0;
  if (files_.empty()) {
    open_ = stdin;
    if (isatty(STDIN_FILENO) == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "no text: give it as an argument, in a file or on standard input");
  }
  open_ = std::fopen(files_[file_].c_str(), "rbe");
  if (open_ == nullptr) {
    return absl::NotFoundError(absl::StrCat(files_[file_], ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> TextSource::read_line(std::string& line) {
  line.clear();
  for (;;) {
    if (open_ == nullptr) {
      if (file_ == (files_.empty() ? 1 : files_.size())) return false;
      BITTENSOR_RETURN_IF_ERROR(open_next());
      ++file_;
    }
    int byte = 0;
    while ((byte = getc_unlocked(open_)) != EOF && byte != '\n') {
      if (line.size() == kMaxLine) {
        return absl::ResourceExhaustedError(
            absl::StrCat("line ", line_ + 1, " has more than ", kMaxLine, " bytes"));
      }
      line.push_back(static_cast<char>(byte));
    }
    if (byte == '\n' || !line.empty()) break;
    if (std::ferror(open_) != 0) {
      return absl::DataLossError(absl::StrCat(files_.empty() ? "standard input" : files_[file_ - 1],
                                              ": ", std::strerror(errno)));
    }
    if (open_ != stdin) std::fclose(open_);
    open_ = nullptr;
  }
  ++line_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

absl::StatusOr<std::vector<std::string>> TextSource::next(std::size_t most) {
  std::vector<std::string> found;
  places_.clear();
  while (found.size() < most) {
    if (from_words_) {
      if (taken_ == texts_.size()) break;
      found.push_back(std::move(texts_[taken_++]));
      places_.push_back(absl::StrCat(taken_));
      continue;
    }
    std::string line;
    BITTENSOR_ASSIGN_OR_RETURN(const bool any, read_line(line));
    if (!any) break;
    found.push_back(std::move(line));
    places_.push_back(files_.empty() ? absl::StrCat(line_)
                                     : absl::StrCat(files_[file_ - 1], ":", line_));
  }
  return found;
}

std::string TextSource::place(std::size_t index) const {
  return places_[index];
}

TextProgress::TextProgress() : started_(seconds()), last_(started_) {}

TextProgress::~TextProgress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void TextProgress::add(std::size_t texts) {
  texts_ += texts;
  const double now = seconds();
  if (now - last_ < 1 || isatty(STDERR_FILENO) == 0) return;
  last_ = now;
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%s texts, %.0f/s", with_commas(texts_).c_str(),
               static_cast<double>(texts_) / (now - started_));
}

}  // namespace bittensor
