// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "ATen/core/Tensor.h"
#include <sys/types.h>

namespace bittensor::bench {

// One way to send a tensor to another process and get it back.
class RoundTrip {
 public:
  virtual ~RoundTrip() = default;

  // There and back, blocking.
  virtual void call(const at::Tensor& x) = 0;

  // Whether the last call brought back `x`.
  virtual bool answered(const at::Tensor& x) const = 0;
};

// A process that listens on loopback and ends with this object.
class Server {
 public:
  // `start` runs in the process and gives the port it listens at; then it serves. Forks: to be
  // called before this process has threads.
  explicit Server(const std::function<int()>& start);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

// What our wire is compared with; each tunes the allocator as a neuron does.

// A bare gRPC unary echo by gRPC's asynchronous interface, one thread on each side, no thread
// ever waiting for another, the tensor's storage sent as a slice and no byte copied by us: the
// least that gRPC costs.
int serve_bare_grpc();
std::unique_ptr<RoundTrip> bare_grpc(int port);

// The same by gRPC's callback interface, on whose threads the answer wakes the caller.
int serve_callback_grpc();
std::unique_ptr<RoundTrip> callback_grpc(int port);

// The bare echo through a ForwardRequest with its `bytes` filled and parsed by protobuf: what code
// generated from a .proto file does.
int serve_protobuf();
std::unique_ptr<RoundTrip> protobuf(int port);

// TCP with 8 bytes of length in front, blocking.
int serve_tcp();
std::unique_ptr<RoundTrip> tcp(int port);

}  // namespace bittensor::bench
