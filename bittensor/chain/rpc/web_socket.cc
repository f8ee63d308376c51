// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/web_socket.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "bittensor/base/check.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxControlBytes = 125;
constexpr unsigned kLast = 0x80;    // in the first byte: the message ends here
constexpr unsigned kMasked = 0x80;  // in the second

absl::Status no_frame(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("no frame of WebSocket: ", why));
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  BITTENSOR_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&bytes[0]), static_cast<int>(size)) ==
                  1)
      << "no random bytes";
  return bytes;
}

}  // namespace

std::string web_socket_frame(WebSocketKind kind, absl::string_view payload) {
  std::string frame(1, static_cast<char>(kLast | static_cast<unsigned>(kind)));
  const std::size_t size = payload.size();
  const int bytes = size <= kMaxControlBytes ? 0 : size <= 0xffff ? 2 : 8;
  frame.push_back(static_cast<char>(kMasked | (bytes == 0 ? size : bytes == 2 ? 126 : 127)));
  for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(size >> 8 * i & 0xff));
  const std::string mask = random_bytes(4);
  frame += mask;
  for (std::size_t i = 0; i < size; ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  }
  return frame;
}

std::string web_socket_key() {
  return absl::Base64Escape(random_bytes(16));
}

std::string web_socket_accept(absl::string_view key) {
  const std::string text = absl::StrCat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  unsigned char hash[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  return absl::Base64Escape({reinterpret_cast<const char*>(hash), sizeof hash});
}

absl::Status WebSocketReader::add(absl::string_view bytes, const OnMessage& on_message) {
  absl::StrAppend(&waiting_, bytes);
  absl::Status status;
  while (status.ok()) status = read_frame(on_message);
  waiting_.erase(0, at_);
  at_ = 0;
  return absl::IsOutOfRange(status) ? absl::OkStatus() : status;
}

absl::Status WebSocketReader::read_frame(const OnMessage& on_message) {
  const absl::Status not_whole(absl::StatusCode::kOutOfRange, "");
  const absl::string_view bytes = absl::string_view(waiting_).substr(at_);
  if (bytes.size() < 2) return not_whole;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const bool last = (byte(0) & kLast) != 0;
  const unsigned code = byte(0) & 0x0f;
  if ((byte(0) & 0x70) != 0) return no_frame("an extension that nobody asked for");
  if ((byte(1) & kMasked) != 0) return no_frame("a server that masks");
  std::uint64_t size = byte(1);
  std::size_t begin = 2;
  if (size > kMaxControlBytes) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (bytes.size() < begin + more) return not_whole;
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(begin + i);
    begin += more;
  }
  const bool control = code >= 8;
  if (control && (!last || size > kMaxControlBytes)) return no_frame("a control frame too long");
  if (size > max_message_bytes_ || message_.size() + size > max_message_bytes_) {
    return absl::ResourceExhaustedError("a message is too long");
  }
  if (bytes.size() - begin < size) return not_whole;
  const absl::string_view payload = bytes.substr(begin, static_cast<std::size_t>(size));
  at_ += begin + payload.size();
  if (control) {
    if (code > 10) return no_frame("an unknown kind");
    on_message(static_cast<WebSocketKind>(code), payload);
    return absl::OkStatus();
  }
  if (code > 2) return no_frame("an unknown kind");
  if (in_message_ != (code == 0)) return no_frame("messages in each other");
  if (!in_message_) kind_ = static_cast<WebSocketKind>(code);
  if (last && !in_message_) {  // The usual case, without a copy.
    on_message(kind_, payload);
    return absl::OkStatus();
  }
  absl::StrAppend(&message_, payload);
  in_message_ = !last;
  if (last) {
    on_message(kind_, message_);
    message_.clear();
  }
  return absl::OkStatus();
}

}  // namespace bittensor
