// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"

#include "bittensor/transport/address.h"

namespace bittensor::grpc_internal {

// Takes the TCP connections to one address, in a thread of its own, for gRPC to serve. gRPC's
// own listener (1.51) stops for good the first time that the process is out of files, which any
// stranger can bring about by connecting often. This one keeps some files in reserve, for what
// the neuron itself has to open: connections beyond that are closed at once.
class Acceptor {
 public:
  // Owns the descriptor of a connection. Runs on the acceptor's thread; must not block.
  using Take = std::function<void(int descriptor)>;

  // Listens, but takes nothing yet. The addresses "0.0.0.0" and "[::]" are all of this machine,
  // of IPv4 and IPv6. kAlreadyExists if the port is taken.
  static absl::StatusOr<std::unique_ptr<Acceptor>> listen(const Address& address);

  // Stops, see stop().
  ~Acceptor();

  // The port taken.
  std::uint16_t port() const { return port_; }

  // Once.
  void start(Take take);

  // Takes no more and frees the port. May be called twice, but not from `take`.
  void stop();

 private:
  Acceptor(int listening, int wake, std::uint16_t port)
      : listening_(listening), wake_(wake), port_(port) {}

  void run(const Take& take);
  // Until there is a connection, or `timeout_ms` are over; false once stopped.
  bool wait(bool for_connection, int timeout_ms) const;

  int listening_;
  const int wake_;  // an eventfd: readable once stopped
  const std::uint16_t port_;
  std::thread thread_;
};

}  // namespace bittensor::grpc_internal
