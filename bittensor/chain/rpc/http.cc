// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/http.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxHeadBytes = 64 << 10;
constexpr std::size_t kMaxChunkLine = 1 << 10;
constexpr char kLine[] = "\r\n";

absl::Status no_http(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the answer is no HTTP: ", why));
}

// A number of hexadecimal digits; -1 if it is none or too long for a body.
std::int64_t hex_number(absl::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 8) return -1;
  for (const char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
    value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

}  // namespace

std::string http_head(const Endpoint& endpoint, absl::string_view method,
                      absl::string_view headers) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  const std::string host = brackets ? absl::StrCat("[", endpoint.host, "]") : endpoint.host;
  return absl::StrCat(method, " ", endpoint.path, " HTTP/1.1\r\nHost: ", host, ":", endpoint.port,
                      kLine, headers, kLine);
}

const std::string& HttpAnswer::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers_.find(name);
  return found == headers_.end() ? none : found->second;
}

absl::Status HttpAnswer::add(absl::string_view bytes) {
  absl::StrAppend(&waiting_, bytes);
  if (!has_head_) {
    const std::size_t end = waiting_.find("\r\n\r\n");
    if (std::min(end, waiting_.size()) > kMaxHeadBytes) {
      return absl::ResourceExhaustedError("the answer's HTTP headers do not end");
    }
    if (end == std::string::npos) return absl::OkStatus();
    BITTENSOR_RETURN_IF_ERROR(read_head(absl::string_view(waiting_).substr(0, end)));
    waiting_.erase(0, end + 4);
    has_head_ = true;
  }
  if (done_) return absl::OkStatus();
  return chunked_ ? read_chunks() : read_body();
}

absl::Status HttpAnswer::read_head(absl::string_view head) {
  const std::vector<absl::string_view> lines = absl::StrSplit(head, kLine);
  // "HTTP/1.1 200 OK"
  const absl::string_view first = lines[0];
  if (!absl::StartsWith(first, "HTTP/1.") || first.size() < 12 || first[8] != ' ' ||
      !absl::SimpleAtoi(first.substr(9, 3), &status_) || status_ < 100) {
    return no_http("its first line");
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == 0 || colon == absl::string_view::npos) return no_http("a header without a name");
    headers_[absl::AsciiStrToLower(lines[i].substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(lines[i].substr(colon + 1)));
  }
  const std::string& encoding = header("transfer-encoding");
  const std::string& length = header("content-length");
  chunked_ = !encoding.empty();
  if (chunked_ && !absl::EqualsIgnoreCase(encoding, "chunked")) return no_http("its encoding");
  if (status_ < 200 || status_ == 204) {
    done_ = true;
  } else if (!chunked_ && length.empty()) {
    until_end_ = true;
  } else if (!chunked_) {
    std::uint64_t bytes = 0;
    if (!absl::SimpleAtoi(length, &bytes)) return no_http("its length");
    if (bytes > max_body_bytes_) return absl::ResourceExhaustedError("the answer is too long");
    length_ = static_cast<std::size_t>(bytes);
  }
  return absl::OkStatus();
}

absl::Status HttpAnswer::read_body() {
  const std::size_t wanted = until_end_ ? waiting_.size() : length_ - body_.size();
  const std::size_t taken = std::min(wanted, waiting_.size());
  if (body_.size() + taken > max_body_bytes_) {
    return absl::ResourceExhaustedError("the answer is too long");
  }
  body_.append(waiting_, 0, taken);
  waiting_.erase(0, taken);
  done_ = !until_end_ && body_.size() == length_;
  return absl::OkStatus();
}

absl::Status HttpAnswer::read_chunks() {
  std::size_t at = 0;
  while (!done_) {
    if (in_chunk_) {  // its bytes, and the end of its line
      const std::size_t taken = std::min(length_, waiting_.size() - at);
      body_.append(waiting_, at, taken);
      at += taken;
      length_ -= taken;
      if (length_ > 0 || waiting_.size() - at < 2) break;
      if (waiting_.compare(at, 2, kLine) != 0) return no_http("a chunk that does not end");
      at += 2;
      in_chunk_ = false;
    }
    const std::size_t end = waiting_.find(kLine, at);
    if (end == std::string::npos) {
      if (waiting_.size() - at > kMaxChunkLine) return no_http("a chunk without a length");
      break;
    }
    const absl::string_view line = absl::string_view(waiting_).substr(at, end - at);
    const std::int64_t bytes =
        hex_number(absl::StripAsciiWhitespace(line.substr(0, line.find(';'))));
    if (bytes < 0) return no_http("the length of a chunk");
    length_ = static_cast<std::size_t>(bytes);
    if (body_.size() + length_ > max_body_bytes_) {
      return absl::ResourceExhaustedError("the answer is too long");
    }
    at = end + 2;
    in_chunk_ = length_ > 0;
    done_ = length_ == 0;  // Trailers, if any, say nothing to us.
  }
  waiting_.erase(0, at);
  return absl::OkStatus();
}

absl::Status HttpAnswer::end() {
  if (has_head_ && until_end_) done_ = true;
  return done_ ? absl::OkStatus() : no_http("it is cut short");
}

}  // namespace bittensor
