// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/v1/metagraph.pb.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// What one neuron says about itself, with its proof: a record ("my synapse is
// served at this address") or a row of weights. Anyone may pass it on, only the
// neuron can make it. The addresses in it are claims: that somebody else is not
// named in them is known only once the neuron has answered there.
//
// Thread-safe: it does not change.
struct Statement {
  using Id = std::uint64_t;

  v1::Statement::Kind kind = v1::Statement::KIND_UNSPECIFIED;
  PublicKey key;
  std::int64_t issued_ms = 0;     // Unix time by the neuron's clock; the later replaces the earlier
  std::int64_t expires_ms = 0;    // when it no longer holds
  bool leaving = false;           // of a record: the neuron is gone
  std::uint64_t work = 0;         // of a record, see work.h
  std::string axon_address;       // of a record
  std::string metagraph_address;  // of a record
  Schema schema;                  // of a record
  std::string body;               // the bytes that were signed, kept for whoever asks
  std::string signature;

  // How long it is kept and passed on: past its expiry, as clocks differ and what looks old may
  // be a neuron's whose clock is behind.
  std::int64_t kept_until_ms() const;

  // Short name of (kind, key): proto/bittensor/v1/metagraph.proto defines it.
  Id id() const { return id_of(kind, key); }
  static Id id_of(v1::Statement::Kind kind, const PublicKey& key);
};

using StatementPtr = std::shared_ptr<const Statement>;
using WeightRow = std::vector<std::pair<PublicKey, float>>;

// What a stranger's statement may hold.
inline constexpr std::int64_t kMaxFutureMs = 30'000;  // a clock that is ahead
inline constexpr std::int64_t kMaxBehindMs = 30'000;  // one that is behind
inline constexpr std::int64_t kMinTtlMs = 1'000;
inline constexpr std::int64_t kMaxTtlMs = 3'600'000;
inline constexpr std::size_t kMaxAddressBytes = 255;
inline constexpr std::size_t kMaxRowWeights = 32;

// Reads a stranger's statement. kInvalidArgument if its form is wrong, kOutOfRange if at
// `now_ms` (Unix time) it expired more than kMaxBehindMs ago or lies more than kMaxFutureMs
// ahead: so much may the clock of its neuron differ. Who made it is open until is_signed() says.
absl::StatusOr<StatementPtr> read_statement(const v1::Statement& statement, std::int64_t now_ms);

// Whether the neuron whose key is in the statement signed it. Takes some 50 us.
[[nodiscard]] bool is_signed(const Statement& statement);

v1::Statement to_proto(const Statement& statement);

// The weights in a statement of that kind.
WeightRow weights_in(const Statement& statement);

// The statements of `wallet`'s neuron; `record.key` and `weights.key` are filled in.
// kInvalidArgument if others would refuse what it says.
absl::StatusOr<StatementPtr> sign_record(const Wallet& wallet, v1::Record record);
absl::StatusOr<StatementPtr> sign_weights(const Wallet& wallet, v1::Weights weights);

}  // namespace bittensor
