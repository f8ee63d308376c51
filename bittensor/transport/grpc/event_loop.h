// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <thread>

#include <grpcpp/completion_queue.h>

namespace bittensor::grpc_internal {

// What gRPC was asked for has happened; the tags in a completion queue are pointers to these.
class Event {
 public:
  // `ok` is gRPC's. Runs on the loop's thread; may delete the event.
  virtual void happened(bool ok) = 0;

 protected:
  ~Event() = default;
};

// A completion queue and the one thread that waits at it. The thread also does gRPC's own work
// for the sockets: bytes are read and the event runs in one thread, without waking another. With
// more threads at a queue gRPC wakes one of them for each event of another, which on few cores
// costs more than it gains; gRPC's callback interface has at least two.
class EventLoop {
 public:
  explicit EventLoop(std::unique_ptr<grpc::CompletionQueue> queue)
      : queue_(std::move(queue)), thread_([this] { run(); }) {}
  ~EventLoop() { stop(); }

  grpc::CompletionQueue& queue() { return *queue_; }

  // Waits for the events of all that was asked for. Nothing may be asked for any more, and it
  // must not be called by an event. May be called twice.
  void stop();

 private:
  void run();

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  std::thread thread_;
};

}  // namespace bittensor::grpc_internal
