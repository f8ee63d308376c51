// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bittensor/base/mutex.h"
#include "bittensor/chain/rpc/endpoint_rotation.h"
#include "bittensor/chain/rpc/rpc_client.h"

namespace bittensor {

// One client over several nodes of one chain. A call that a lost connection or a silent node cut
// off is made again, at the next node; so only calls may be made that do no harm twice. An
// extrinsic is one: its nonce lets the chain take it once.
//
// Thread-safe. Connects in the thread that calls.
class ReconnectingClient final : public RpcClient {
 public:
  struct Options {
    Duration first_pause = std::chrono::seconds(1);      // of a node that failed; doubles each time
    Duration longest_pause = std::chrono::seconds(12);   // about a block
    Duration answer_timeout = std::chrono::seconds(20);  // then the node counts as gone
  };
  // How to reach endpoint number `index`, and whether it is the right chain.
  using Connect = std::function<absl::StatusOr<std::unique_ptr<RpcClient>>(std::size_t index,
                                                                           TimePoint deadline)>;
  using Check = std::function<absl::Status(RpcClient& client, TimePoint deadline)>;

  // `closed` becomes true with close(); `connect` may give it to its clients.
  ReconnectingClient(
      Options options, std::size_t endpoints, Connect connect,
      std::shared_ptr<std::atomic<bool>> closed = std::make_shared<std::atomic<bool>>(false));

  // Every new connection is used only if `check` likes it. Before the first call.
  void set_check(Check check) { check_ = std::move(check); }

  // As RpcClient's; kUnavailable and kDeadlineExceeded come only when the deadline has passed,
  // or at once where no endpoint can ever do: a wrong certificate, a wrong chain.
  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override;
  absl::StatusOr<Json> next_head(std::uint64_t seen, TimePoint deadline) override;

  void close() override BITTENSOR_EXCLUDES(mutex_);

  // How often a connection was made.
  std::uint64_t connections() const BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Connection {
    std::shared_ptr<RpcClient> client;  // calls under way end before it does
    std::size_t endpoint = 0;
  };
  template <typename Ask>
  absl::StatusOr<Json> ask(TimePoint deadline, Ask ask_once);
  absl::StatusOr<Connection> connection(TimePoint deadline) BITTENSOR_EXCLUDES(mutex_);
  absl::StatusOr<Connection> connect(std::size_t endpoint, TimePoint deadline);
  void drop(const Connection& connection) BITTENSOR_EXCLUDES(mutex_);

  const Options options_;
  const Connect connect_;
  const std::size_t endpoints_;
  const std::shared_ptr<std::atomic<bool>> closed_;
  Check check_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  bool connecting_ BITTENSOR_GUARDED_BY(mutex_) = false;
  Connection current_ BITTENSOR_GUARDED_BY(mutex_);
  EndpointRotation rotation_ BITTENSOR_GUARDED_BY(mutex_);
  std::uint64_t connections_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::size_t hopeless_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // in a row
  absl::Status last_error_ BITTENSOR_GUARDED_BY(mutex_);
};

// Over the nodes at `endpoints`, in the order of preference; at least one.
std::unique_ptr<ReconnectingClient> make_reconnecting_client(std::vector<Endpoint> endpoints,
                                                             RpcOptions rpc,
                                                             ReconnectingClient::Options options);

}  // namespace bittensor
