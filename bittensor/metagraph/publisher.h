// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "bittensor/base/executor.h"
#include "bittensor/metagraph/statement.h"

namespace bittensor {

// Makes this neuron's own statements and renews them before they expire. The
// more neurons are known, the longer they are valid: all neurons together renew some
// ten records a round, so the traffic of one does not grow with the network.
//
// Not thread-safe. It has no clock: `now_ms` is Unix time.
class Publisher {
 public:
  struct Options {
    Duration round = std::chrono::milliseconds(500);
    Duration ttl = std::chrono::seconds(15);  // of a record, in a small network
  };

  Publisher(const Wallet& wallet, Options options) : wallet_(wallet), options_(options) {}

  // What to say from now on: addresses and schema; the rest of `record` is filled in.
  void set_record(v1::Record record);
  // At most kMaxRowWeights.
  void set_row(WeightRow row);

  // The statements that are to be published now, where `neurons` are known. Later than
  // `newest_of_self_ms`, whatever the clock says.
  std::vector<StatementPtr> due(std::int64_t now_ms, std::size_t neurons,
                                std::int64_t newest_of_self_ms);

  // "This neuron is leaving"; null if it never said that it is there.
  StatementPtr farewell(std::int64_t now_ms);

  // How long a record is valid where `neurons` are known.
  std::int64_t ttl_ms(std::size_t neurons) const;

 private:
  void forget_times_after_a_jump(std::int64_t now_ms);
  StatementPtr make_record(std::int64_t now_ms);
  StatementPtr make_row(std::int64_t now_ms);
  std::int64_t next_issue(std::int64_t now_ms);

  const Wallet& wallet_;
  const Options options_;
  v1::Record record_;
  bool has_record_ = false;
  WeightRow row_;
  std::int64_t record_ttl_ms_ = 0;
  std::int64_t record_expires_ms_ = 0;
  std::int64_t record_due_ms_ = 0;
  std::int64_t row_due_ms_ = 0;
  std::int64_t last_issued_ms_ = 0;
};

}  // namespace bittensor
