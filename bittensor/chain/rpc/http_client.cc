// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "boost/beast/http.hpp"

#include "bittensor/chain/rpc/stream.h"

namespace bittensor::internal {
namespace {

namespace http = beast::http;

// A connection each call: polling is rare.
class HttpClient final : public RpcClient {
 public:
  HttpClient(Endpoint endpoint, std::optional<asio::ssl::context> tls)
      : endpoint_(std::move(endpoint)), tls_(std::move(tls)) {}

  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override {
    const std::uint64_t id = ++last_id_;
    const std::string request = rpc_request(id, method, params);
    absl::StatusOr<std::string> body =
        tls_.has_value() ? post_with_tls(request, deadline) : post_in_plain(request, deadline);
    BITTENSOR_RETURN_IF_ERROR(body.status());
    absl::StatusOr<RpcMessage> message = read_rpc_message(*body);
    if (!message.ok()) return unavailable(message.status().message());
    if (message->id != id) return unavailable("it answers something else");
    return std::move(message->result);
  }

  absl::StatusOr<Json> next_head(std::uint64_t seen, TimePoint deadline) override {
    constexpr auto kPoll = std::chrono::milliseconds(500);
    while (true) {
      BITTENSOR_ASSIGN_OR_RETURN(Json header, call("chain_getHeader", Json::array(), deadline));
      const absl::StatusOr<std::uint64_t> number = number_of_header(header);
      if (!number.ok()) return unavailable(number.status().message());
      if (*number != seen) return header;
      if (std::chrono::steady_clock::now() + kPoll >= deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat(endpoint_.to_string(), ": no new block in time"));
      }
      std::this_thread::sleep_for(kPoll);
    }
  }

 private:
  absl::Status unavailable(absl::string_view why) const {
    return absl::UnavailableError(absl::StrCat(endpoint_.to_string(), ": ", why));
  }

  absl::StatusOr<std::string> post_in_plain(const std::string& request, TimePoint deadline) {
    asio::io_context context;
    PlainStream stream(context);
    BITTENSOR_RETURN_IF_ERROR(connect_tcp(context, stream, endpoint_, deadline));
    return post(context, stream, request, deadline);
  }

  absl::StatusOr<std::string> post_with_tls(const std::string& request, TimePoint deadline) {
    asio::io_context context;
    TlsStream stream(context, *tls_);
    BITTENSOR_RETURN_IF_ERROR(
        connect_tcp(context, beast::get_lowest_layer(stream), endpoint_, deadline));
    BITTENSOR_RETURN_IF_ERROR(start_tls(context, stream, endpoint_, deadline));
    return post(context, stream, request, deadline);
  }

  template <typename Stream>
  absl::StatusOr<std::string> post(asio::io_context& context, Stream& stream,
                                   const std::string& request, TimePoint deadline) const {
    const auto cancel = [&] { beast::get_lowest_layer(stream).close(); };
    http::request<http::string_body> question(http::verb::post, endpoint_.path, 11);
    question.set(http::field::host, absl::StrCat(endpoint_.host, ":", endpoint_.port));
    question.set(http::field::content_type, "application/json");
    question.keep_alive(false);
    question.body() = request;
    question.prepare_payload();
    beast::error_code error = run_step(
        context, deadline, [&](auto handler) { http::async_write(stream, question, handler); },
        cancel);
    if (error) return stream_error(endpoint_, "ask", error);

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    answer.body_limit(kMaxRpcBytes);
    error = run_step(
        context, deadline, [&](auto handler) { http::async_read(stream, buffer, answer, handler); },
        cancel);
    if (error) return stream_error(endpoint_, "read the answer", error);
    if (answer.get().result() != http::status::ok) {
      return unavailable(absl::StrCat("HTTP status ", answer.get().result_int()));
    }
    return std::move(answer.get().body());
  }

  const Endpoint endpoint_;
  std::optional<asio::ssl::context> tls_;
  std::atomic<std::uint64_t> last_id_{0};
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcClient>> make_http_client(const Endpoint& endpoint,
                                                            const RpcOptions& options) {
  std::optional<asio::ssl::context> tls;
  if (endpoint.tls) {
    BITTENSOR_ASSIGN_OR_RETURN(tls, make_tls_context(endpoint, options));
  }
  return std::unique_ptr<RpcClient>(std::make_unique<HttpClient>(endpoint, std::move(tls)));
}

}  // namespace bittensor::internal
