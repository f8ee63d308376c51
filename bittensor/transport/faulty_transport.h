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

// What goes wrong with the calls of a transport. A call suffers at most one of
// drop, cut and corrupt, in this order; each is the probability that it does.
struct Faults {
  // One way: the request arrives this much later, and so does the reply. A round
  // trip takes twice as much longer.
  Duration delay{};
  double drop = 0;     // nothing comes back: the call runs into its deadline
  double cut = 0;      // the connection breaks: kUnavailable after one delay
  double corrupt = 0;  // one bit of the request's body, or as often the reply's, is flipped
};

// Reads "transport.delay=100ms,transport.drop=0.05", each fault at most once; "" is
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

 private:
  struct Link;
  enum class Fate { kArrives, kDropped, kCut, kCorruptRequest, kCorruptReply };
  struct Draw {
    Fate fate;
    std::uint64_t bit;  // modulo the size of the body
  };

  // Nothing once closed.
  std::optional<Draw> draw() BITTENSOR_EXCLUDES(mutex_);

  const Faults faults_;
  Executor& executor_;
  const std::unique_ptr<Transport> inner_;
  const std::shared_ptr<Link> link_;
  Mutex mutex_;
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::mt19937_64 random_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
