// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/metagraph/partners.h"
#include "bittensor/metagraph/record_store.h"
#include "bittensor/transport/transport.h"
#include "bittensor/trust/admission.h"
#include "bittensor/trust/replay_guard.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// Tells others what is known and learns what they know, round by round, until
// it is stopped. Each round costs one exchange (reconcile.h) with one partner,
// whatever the size of the network.
//
// Thread-safe. Rounds run on the executor, requests and replies on the threads
// of the transport; what they share is under one mutex, which nobody holds while
// a signature is made or checked or a message is sent. Held by shared_ptr
// because calls and timers under way refer to it; what it is given must live
// until stop() has returned.
class Gossip : public std::enable_shared_from_this<Gossip> {
 public:
  using Snapshot = std::shared_ptr<const RecordStore::Content>;

  struct Options {
    std::string listen_address = "127.0.0.1:0";
    std::vector<std::string> bootstrap;
    Duration round = std::chrono::milliseconds(500);
    // Rounds are this short at first and after the first contact, for `fast_for`.
    Duration fast_round = std::chrono::milliseconds(50);
    Duration fast_for = std::chrono::seconds(3);
    Duration call_timeout = std::chrono::seconds(2);
    std::size_t max_records = 10'000;
    int difficulty = 0;  // zero bits of the work in records (work.h) that others must show
    // Of what one neuron or address may send, however much of it is good: some ten times what a
    // neuron does in its first seconds.
    Admission::Options admission = default_admission();
    std::function<void()> on_round;  // called in each round, on the executor
  };

  static Admission::Options default_admission();

  Gossip(Options options, Transport& transport, const Wallet& wallet, Executor& executor);

  // Listens and begins the rounds. Errors as Transport::listen.
  absl::Status start();

  // Refuses and sends no more. First brings `farewell`, unless it is null, to some peers,
  // and waits for their answers, `patience` at most. Waits for what runs on other threads:
  // not to be called from on_round. May be called twice.
  void stop(StatementPtr farewell, Duration patience);

  // Where it listens, as the transport says; empty before start().
  std::string listen_address() const;

  // Keeps this neuron's own statement and tells others.
  void publish(StatementPtr statement);

  // Addresses to try while nobody is known.
  void add_addresses(const std::vector<std::string>& addresses);
  // Gossip addresses of known neurons, then of lost ones, at most `limit`.
  std::vector<std::string> addresses(std::size_t limit) const;

  // All that is known, this neuron's own statements included, as of now.
  Snapshot snapshot() const;

  // Whether a neuron that is not there any more said that it leaves, rather than fall silent; for
  // as long as that is remembered.
  bool said_goodbye(const PublicKey& key) const;

  // When an earlier process with this neuron's key last published, as far as others know: the
  // statements of this process must be later.
  std::int64_t newest_of_self() const;

  struct Stats {
    std::uint64_t rounds = 0;
    std::uint64_t failed_calls = 0;
    std::uint64_t bytes_sent = 0;  // requests and replies, envelopes included
    // Statements and requests of wrong form, time, signature or work, or too many.
    std::uint64_t refused = 0;
  };
  Stats stats() const;

 private:
  static constexpr char kMethod[] = "bittensor.v1.Metagraph/Gossip";

  using Peer = Partners::Peer;
  using Statements = google::protobuf::RepeatedPtrField<v1::Statement>;
  using OnResponse = std::function<void(absl::StatusOr<v1::GossipResponse>, PublicKey)>;

  // Runs `work` unless stopped; stop() waits for it.
  void unless_stopped(const std::function<void()>& work);

  void round();
  void schedule_round();
  void begin_exchange(const Peer& peer, int more_tries);
  void continue_exchange(const Peer& peer, std::uint64_t salt, const v1::GossipResponse& response,
                         const PublicKey& sender);
  void call(const Peer& peer, const v1::GossipRequest& request, OnResponse on_response);
  absl::StatusOr<v1::GossipResponse> read_response(const Peer& peer, const std::string& nonce,
                                                   const Transport::Reply& reply,
                                                   PublicKey& sender);
  void say_farewell(StatementPtr farewell, Duration patience);

  Transport::Reply handle(const Transport::Request& request);
  void note_where_it_called_from(const Envelope& envelope, const std::string& host);
  absl::StatusOr<v1::GossipResponse> respond(const v1::GossipRequest& request);
  bool has_work(const Statement& statement) const;
  // Checks and keeps. kInvalidArgument, with nothing kept, if one is forged.
  absl::Status keep(const Statements& statements);

  std::int64_t learnt_lately_ms() const;
  Snapshot snapshot_locked() const BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  Transport& transport_;
  const Wallet& wallet_;
  Executor& executor_;
  ReplayGuard replay_guard_;
  Admission admission_;

  // Shared by callbacks while they run; stop() takes it alone to see the last one out.
  std::shared_mutex running_;
  bool stopped_ = false;  // under running_
  std::unique_ptr<Transport::Listener> listener_;

  mutable Mutex mutex_;
  RecordStore store_ BITTENSOR_GUARDED_BY(mutex_);
  mutable Snapshot snapshot_ BITTENSOR_GUARDED_BY(mutex_);  // null: to be made
  Partners partners_ BITTENSOR_GUARDED_BY(mutex_);
  std::string listen_address_ BITTENSOR_GUARDED_BY(mutex_);
  TimePoint fast_until_ BITTENSOR_GUARDED_BY(mutex_){};
  bool had_company_ BITTENSOR_GUARDED_BY(mutex_) = false;
  int exchanges_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // under way
  std::int64_t newest_of_self_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  Stats stats_ BITTENSOR_GUARDED_BY(mutex_);
  std::set<std::string> warned_ BITTENSOR_GUARDED_BY(mutex_);  // bootstraps said to be silent
};

}  // namespace bittensor
