// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/stream.h"

namespace bittensor::internal {

using asio::ip::tcp;

absl::Status connect_tcp(asio::io_context& context, beast::tcp_stream& stream,
                         const Endpoint& endpoint, TimePoint deadline) {
  tcp::resolver resolver(context);
  tcp::resolver::results_type addresses;
  beast::error_code error = run_step(
      context, deadline,
      [&](auto handler) {
        resolver.async_resolve(endpoint.host, std::to_string(endpoint.port),
                               [&addresses, handler](const beast::error_code& code,
                                                     tcp::resolver::results_type found) mutable {
                                 addresses = std::move(found);
                                 handler(code);
                               });
      },
      [&] { resolver.cancel(); });
  if (error) return stream_error(endpoint, "find the host", error);
  error = run_step(
      context, deadline, [&](auto handler) { stream.async_connect(addresses, handler); },
      [&] { stream.close(); });
  if (error) return stream_error(endpoint, "connect", error);
  stream.socket().set_option(tcp::no_delay(true), error);
  return absl::OkStatus();
}

absl::StatusOr<asio::ssl::context> make_tls_context(const Endpoint& endpoint,
                                                    const RpcOptions& options) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  beast::error_code error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1,
                      error);
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
  }
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot read the certificates of ",
        options.ca_file.empty() ? "the system" : options.ca_file, ": ", error.message()));
  }
  context.set_verify_mode(asio::ssl::verify_peer, error);
  context.set_verify_callback(asio::ssl::host_name_verification(endpoint.host), error);
  return context;
}

absl::Status start_tls(asio::io_context& context, TlsStream& stream, const Endpoint& endpoint,
                       TimePoint deadline) {
  if (SSL_set_tlsext_host_name(stream.native_handle(), endpoint.host.c_str()) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(endpoint.host, " is no name of a host"));
  }
  const beast::error_code error = run_step(
      context, deadline,
      [&](auto handler) { stream.async_handshake(asio::ssl::stream_base::client, handler); },
      [&] { beast::get_lowest_layer(stream).close(); });
  if (error.category() == asio::error::get_ssl_category()) {
    return absl::PermissionDeniedError(
        absl::StrCat(endpoint.to_string(), ": TLS: ", error.message()));
  }
  if (error) return stream_error(endpoint, "begin TLS", error);
  return absl::OkStatus();
}

}  // namespace bittensor::internal

namespace bittensor {

absl::StatusOr<std::unique_ptr<RpcClient>> connect_rpc(const Endpoint& endpoint,
                                                       const RpcOptions& options,
                                                       TimePoint deadline) {
  return endpoint.web_socket ? internal::connect_web_socket(endpoint, options, deadline)
                             : internal::make_http_client(endpoint, options);
}

}  // namespace bittensor
