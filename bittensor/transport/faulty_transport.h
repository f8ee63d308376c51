// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "bittensor/base/mutex.h"
#include "bittensor/transport/transport.h"

namespace bittensor {

// What goes wrong with the calls of a transport. A call suffers at most one of the
// probabilities, in this order.
struct Faults {
  // One way: the request arrives this much later, and so does the reply. A round
  // trip is delayed twice as much.
  Duration delay{};
  Duration jitter{};     // up to so much more, each way, drawn anew: calls overtake each other
  double silent = 0;     // of peers, not calls: such a peer takes requests and says nothing
  double refuse = 0;     // nobody listens: kUnavailable at once
  double drop = 0;       // the request is lost: the call runs into its deadline
  double half_open = 0;  // the request arrives and the reply is lost
  double cut = 0;        // the connection breaks: kUnavailable after one delay
  double corrupt = 0;    // one bit of the request's body, or as often the reply's, is flipped
  double duplicate = 0;  // the request arrives twice
  double reorder = 0;    // the request arrives kOvertaken later than it would
};
inline constexpr Duration kOvertaken = std::chrono::milliseconds(50);

// Reads "transport.delay=100ms,transport.drop=0.05", each field of Faults at most once; "" is
// none. kInvalidArgument names what it does not understand.
absl::StatusOr<Faults> parse_faults(absl::string_view text);

// Calls through another transport, with faults: for tests, and to see how a neuron
// fares on a bad network. What comes in through its listeners is left alone.
//
// The faults are drawn from `seed`: a program that makes the same calls in the
// same order meets the same faults. on_reply runs on `executor`, which must outlive
// the transport. Thread-safe.
class FaultyTransport final : public Transport {
 public:
  FaultyTransport(std::unique_ptr<Transport> inner, const Faults& faults, std::uint64_t seed,
                  Executor& executor);
  ~FaultyTransport() override;

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override;

  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override
      BITTENSOR_EXCLUDES(mutex_);

  void close() override BITTENSOR_EXCLUDES(mutex_);

  // From the next call on.
  void set_faults(const Faults& faults) BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Link;
  enum class Outcome {
    kArrives,
    kRefused,
    kDropped,
    kHalfOpen,
    kCut,
    kCorruptRequest,
    kCorruptReply,
    kDuplicated
  };
  struct Draw {
    Outcome outcome;
    std::uint64_t bit;  // modulo the size of the body
    Duration request_delay;
    Duration reply_delay;
  };

  // Nothing once closed.
  std::optional<Draw> draw(const std::string& address) BITTENSOR_EXCLUDES(mutex_);

  const std::uint64_t seed_;
  Executor& executor_;
  const std::unique_ptr<Transport> inner_;
  const std::shared_ptr<Link> link_;
  Mutex mutex_;
  Faults faults_ BITTENSOR_GUARDED_BY(mutex_);
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::mt19937_64 random_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
