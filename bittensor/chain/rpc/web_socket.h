// SPDX-License-Identifier: MIT
//
// WebSocket (RFC 6455), the client's side: how messages are put into frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bittensor {

enum class WebSocketKind : std::uint8_t {
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

// One frame, with a random mask as clients have to use.
std::string web_socket_frame(WebSocketKind kind, absl::string_view payload);

// A random Sec-WebSocket-Key, and what the server's Sec-WebSocket-Accept must be for it.
std::string web_socket_key();
std::string web_socket_accept(absl::string_view key);

// Reads a server's frames as they come, piece by piece.
//
// Not thread-safe.
class WebSocketReader {
 public:
  using OnMessage = std::function<void(WebSocketKind kind, absl::string_view payload)>;

  explicit WebSocketReader(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  // Takes the next bytes and calls `on_message` for each message that is whole.
  // kInvalidArgument if they are no frames of a server, kResourceExhausted if a message is too
  // long.
  absl::Status add(absl::string_view bytes, const OnMessage& on_message);

 private:
  // kOutOfRange: the next frame is not whole yet.
  absl::Status read_frame(const OnMessage& on_message);

  const std::size_t max_message_bytes_;
  std::string waiting_;
  std::size_t at_ = 0;   // what of it was read
  std::string message_;  // of frames so far
  bool in_message_ = false;
  WebSocketKind kind_ = WebSocketKind::kText;
};

}  // namespace bittensor
