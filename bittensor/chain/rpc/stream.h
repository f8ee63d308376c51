// SPDX-License-Identifier: MIT
//
// What the clients over HTTP and WebSocket share: a connection, in plain or with TLS, each step
// of which ends by a deadline. Only the files of this folder include it.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/ssl.hpp"

#include "bittensor/base/executor.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/rpc/endpoint.h"
#include "bittensor/chain/rpc/rpc_client.h"

namespace bittensor::internal {

namespace asio = boost::asio;
namespace beast = boost::beast;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

inline absl::Status stream_error(const Endpoint& endpoint, absl::string_view doing,
                                 const beast::error_code& error) {
  const std::string text =
      absl::StrCat(endpoint.to_string(), ": cannot ", doing, ": ", error.message());
  if (error == beast::error::timeout || error == asio::error::operation_aborted) {
    return absl::DeadlineExceededError(absl::StrCat(endpoint.to_string(), ": no answer in time"));
  }
  return absl::UnavailableError(text);
}

// Runs one step that `start` begins: start(handler), where the handler is called with an error
// code and anything else. What is under way is cancelled by `cancel` when the time is over.
template <typename Start, typename Cancel>
beast::error_code run_step(asio::io_context& context, TimePoint deadline, Start start,
                           Cancel cancel) {
  bool done = false;
  beast::error_code result;
  start([&done, &result](const beast::error_code& error, const auto&...) {
    done = true;
    result = error;
  });
  context.restart();
  while (!done && context.run_one_until(deadline) > 0) {
  }
  if (done) return result;
  cancel();
  context.restart();
  while (!done && context.run_one() > 0) {
  }
  return beast::error::timeout;
}

// Connects the lowest layer. A name's look-up takes as long as the system lets it.
absl::Status connect_tcp(asio::io_context& context, beast::tcp_stream& stream,
                         const Endpoint& endpoint, TimePoint deadline);

// Certificates are checked, and that they are for the endpoint's host.
absl::StatusOr<asio::ssl::context> make_tls_context(const Endpoint& endpoint,
                                                    const RpcOptions& options);
absl::Status start_tls(asio::io_context& context, TlsStream& stream, const Endpoint& endpoint,
                       TimePoint deadline);

absl::StatusOr<std::unique_ptr<RpcClient>> connect_web_socket(const Endpoint& endpoint,
                                                              const RpcOptions& options,
                                                              TimePoint deadline);
absl::StatusOr<std::unique_ptr<RpcClient>> make_http_client(const Endpoint& endpoint,
                                                            const RpcOptions& options);

}  // namespace bittensor::internal
