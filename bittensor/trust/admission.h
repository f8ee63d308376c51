// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// Decides who may ask a neuron, and how much. A request passes two gates: arrive() knows only its
// address and costs next to nothing, so that a flood is refused before any signature is
// checked; identify() knows whose it is.
//
// Rates are token buckets that hold one second's worth. What is remembered of callers is
// bounded: the one that was silent the longest is forgotten first.
//
// Thread-safe. It has no clock: time is an argument.
class Admission {
 public:
  struct Options {
    std::set<PublicKey> allow;  // if not empty, nobody else
    std::set<PublicKey> deny;   // also if allowed
    // Of one key; a caller without a key is known by its address. 0: no limit. Programs
    // on an open network have limits (NeuronOptions).
    double requests_per_second = 0;
    double bytes_per_second = 0;
    std::size_t concurrent_per_key = 512;
    std::size_t concurrent_per_address = 1024;
    // Refused requests of one address, beyond which it is refused unread for a while. Keys that
    // share the address (NAT) are refused with it.
    double refused_per_second = 50;
    std::size_t max_callers = 16'384;  // addresses and keys remembered
  };

  // A request under way: it counts as concurrent until its ticket goes. May outlive the
  // Admission.
  class Ticket;

  explicit Admission(Options options);

  // A request came from `address`. kResourceExhausted if there are too many at a time or the
  // address sent too many that were refused.
  absl::StatusOr<std::shared_ptr<Ticket>> arrive(absl::string_view address, TimePoint now);

  // The request has `bytes` bytes and proved to come from `key`; zero: from a caller without a key.
  // kPermissionDenied if that caller may not ask, kResourceExhausted if it asks too much.
  absl::Status identify(Ticket& ticket, const PublicKey& key, std::size_t bytes, TimePoint now);

  // The request was refused, for any reason: counts against its address.
  void note_refused(const Ticket& ticket, TimePoint now);

  // Callers remembered.
  std::size_t callers() const;

 private:
  class Table;
  const Options options_;
  const std::shared_ptr<Table> table_;
};

// What addresses are counted together: all of an IPv6 /64, which one customer has, or one IPv4.
std::string network_of(absl::string_view host);

}  // namespace bittensor
