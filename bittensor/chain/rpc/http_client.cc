// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/rpc/clients.h"
#include "bittensor/chain/rpc/connection.h"
#include "bittensor/chain/rpc/http.h"

namespace bittensor::internal {
namespace {

// A connection each call: polling is rare.
class HttpClient final : public RpcClient {
 public:
  HttpClient(Endpoint endpoint, RpcOptions options)
      : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override {
    const std::uint64_t id = ++last_id_;
    BITTENSOR_ASSIGN_OR_RETURN(const std::string body,
                               post(rpc_request(id, method, params), deadline));
    absl::StatusOr<RpcMessage> message = read_rpc_message(body);
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

  absl::StatusOr<std::string> post(const std::string& request, TimePoint deadline) const {
    BITTENSOR_ASSIGN_OR_RETURN(const auto connection,
                               Connection::open(endpoint_, options_, deadline));
    BITTENSOR_RETURN_IF_ERROR(connection->write(
        absl::StrCat(http_head(endpoint_, "POST",
                               absl::StrCat("Content-Type: application/json\r\nContent-Length: ",
                                            request.size(), "\r\nConnection: close\r\n")),
                     request),
        deadline));
    HttpAnswer answer(kMaxRpcBytes);
    std::vector<char> piece(64 << 10);
    while (!answer.done()) {
      const absl::StatusOr<std::size_t> size =
          connection->read(piece.data(), piece.size(), deadline);
      const absl::Status status = size.ok() ? answer.add({piece.data(), *size})
                                  : absl::IsOutOfRange(size.status()) ? answer.end()
                                                                      : size.status();
      if (absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status)) {
        return unavailable(status.message());
      }
      BITTENSOR_RETURN_IF_ERROR(status);
    }
    if (answer.status() != 200) {
      return unavailable(absl::StrCat("HTTP status ", answer.status()));
    }
    return answer.body();
  }

  const Endpoint endpoint_;
  const RpcOptions options_;
  std::atomic<std::uint64_t> last_id_{0};
};

}  // namespace

std::unique_ptr<RpcClient> make_http_client(const Endpoint& endpoint, const RpcOptions& options) {
  return std::make_unique<HttpClient>(endpoint, options);
}

}  // namespace bittensor::internal

namespace bittensor {

absl::StatusOr<std::unique_ptr<RpcClient>> connect_rpc(const Endpoint& endpoint,
                                                       const RpcOptions& options,
                                                       TimePoint deadline) {
  if (endpoint.web_socket) return internal::connect_web_socket(endpoint, options, deadline);
  return internal::make_http_client(endpoint, options);
}

}  // namespace bittensor
