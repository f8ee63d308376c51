// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/rpc/endpoint.h"

namespace bittensor {

// What a client sends before a body: "POST /path HTTP/1.1" and headers, each of which ends with
// "\r\n", the endpoint's host among them.
std::string http_head(const Endpoint& endpoint, absl::string_view method,
                      absl::string_view headers);

// Reads the answer to one request over HTTP/1.1 as it comes, piece by piece (RFC 9112): by its
// Content-Length, in chunks, or until the end of the connection.
//
// Not thread-safe.
class HttpAnswer {
 public:
  explicit HttpAnswer(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // Takes the next bytes. kInvalidArgument if they are no HTTP, kResourceExhausted if the head or
  // the body is too long. What follows the answer is ignored.
  absl::Status add(absl::string_view bytes);
  // The connection has ended. kInvalidArgument if the answer has not.
  absl::Status end();

  bool has_head() const { return has_head_; }
  bool done() const { return done_; }

  // Once there is a head.
  int status() const { return status_; }
  // "" if it has none. `name` in lower case.
  const std::string& header(const std::string& name) const;
  // What came of the body.
  const std::string& body() const { return body_; }
  // Of an answer that has no body, such as 101: what came after the head.
  const std::string& rest() const { return waiting_; }

 private:
  absl::Status read_head(absl::string_view head);
  absl::Status read_body();
  absl::Status read_chunks();

  const std::size_t max_body_bytes_;
  std::string waiting_;  // not read yet
  std::map<std::string, std::string> headers_;
  std::string body_;
  std::size_t length_ = 0;  // of the body, or what is left of a chunk
  int status_ = 0;
  bool has_head_ = false;
  bool chunked_ = false;
  bool in_chunk_ = false;
  bool until_end_ = false;
  bool done_ = false;
};

}  // namespace bittensor
