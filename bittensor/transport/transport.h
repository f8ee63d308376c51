// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/payload.h"

namespace bittensor {

// Of an envelope: it travels among the headers, which every hop limits.
constexpr std::size_t kMaxEnvelopeBytes = 1024;

// What travels, both ways. The transport reads neither part.
struct Message {
  std::string envelope;  // who says it, and the proof (trust/envelope.h)
  Payload body;          // a serialised protobuf message
  // Of a request: the key of the neuron that alone may get it (32 bytes), which an encrypted
  // connection proves before anything is sent (tls.h). Empty: whoever is at the address.
  std::string to = {};
};

// A Transport carries a request to a peer and brings back its reply. It knows
// bytes and addresses; what they mean is the business of axon, dendrite and
// metagraph.
//
// Every implementation keeps these promises (testing/transport_contract.cc):
//   - on_reply runs exactly once for each call(), even after close();
//   - on_reply and handlers never run inside call() or listen(), never under a lock;
//   - a call past its deadline replies kDeadlineExceeded;
//   - nobody at the address, or a connection that breaks, replies kUnavailable;
//   - an address that is not valid (address.h), or an envelope that is too long, replies
//     kInvalidArgument: addresses come from strangers;
//   - a handler's error status arrives with its code and message.
//
// on_reply and handlers run on the few threads of the transport: they must not block.
// Transports are thread-safe.
class Transport {
 public:
  using Reply = absl::StatusOr<Message>;
  using ReplyFn = std::function<void(Reply)>;

  struct Request {
    std::string method;  // one of the listener's methods
    Message message;
    std::string peer;    // the caller's host, without its port: for limits per host and logs
    TimePoint deadline;  // when the caller stops waiting
  };
  // Calls `reply` once, from any thread, now or later. If all copies of `reply` are
  // gone before that, the caller gets kInternal. After the caller has stopped
  // waiting a reply does nothing.
  using Handler = std::function<void(Request request, ReplyFn reply)>;

  // Serving at one address. Destroying it closes it.
  class Listener {
   public:
    virtual ~Listener() = default;

    // "host:port" with the port really taken.
    virtual const std::string& address() const = 0;

    // Refuses new requests, lets those under way reply until `deadline`, then
    // cuts them off: their callers get kUnavailable or kCancelled. When it
    // returns no handler runs and none will. Waits, so not to be called from a
    // handler. May be called twice.
    virtual void close(TimePoint deadline) = 0;
  };

  virtual ~Transport() = default;

  // Serves `methods` ("bittensor.v1.Axon/Forward") at `address` ("0.0.0.0:8091";
  // port 0: any). kAlreadyExists if the port is taken. Larger messages than
  // `max_message_bytes` are refused with kResourceExhausted before they are read,
  // other methods with kUnimplemented.
  virtual absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                           std::vector<std::string> methods,
                                                           std::size_t max_message_bytes,
                                                           Handler handler) = 0;

  // Sends `message` to `method` at `address`. A reply of more than
  // `max_reply_bytes` is kResourceExhausted.
  virtual void call(const std::string& address, const std::string& method, Message message,
                    TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) = 0;

  // Refuses new calls with kCancelled and answers the pending ones so.
  // Returns at once; may be called again. Listeners are closed by their owners.
  virtual void close() = 0;
};

}  // namespace bittensor
