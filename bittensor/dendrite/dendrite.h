// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bittensor/dendrite/peer_calls.h"
#include "bittensor/dendrite/peer_ledger.h"
#include "bittensor/dendrite/peer_pace.h"
#include "bittensor/dendrite/peer_rest.h"
#include "bittensor/dendrite/peer_window.h"
#include "bittensor/synapse/answer.h"
#include "bittensor/synapse/served_synapse.h"

namespace bittensor {

class FanOut;

// The client of a neuron: has other neurons' synapses answer mini-batches.
//
// All peers are asked at the same time, with one call each, and the answers are
// there by the deadline whatever the peers do. A peer that is late, gone or
// talks nonsense is an everyday event, not an error of the call: it shows in its
// Answer and leaves the others alone. The answers are differentiable: backward()
// asks the peers, again all at the same time, for the gradient of the inputs. A
// peer that fails there contributes no gradient.
//
// Not thread-safe: it belongs to the training thread. What it is given must
// outlive it, and it must outlive the graphs of its answers: their backward() asks through it.
class Dendrite {
 public:
  struct Options {
    Duration timeout = std::chrono::seconds(5);  // of one fan-out, there and back
    PeerCalls::Options calls;
    PeerRest::Options rest;
    PeerPace::Options pace;
    // Asked while a fan-out waits: once true, peers that have not answered count as late.
    // Empty: never.
    std::function<bool()> give_up;
    // Told of each call over the network when it has ended, on a thread of the transport. May be
    // empty. `what` is "forward", "backward" or "teach".
    std::function<void(const SynapseRecord& peer, const char* what, TimePoint sent, TimePoint ended,
                       const absl::Status& status)>
        on_call;
  };

  // Answers since the start, by what became of them.
  struct Stats {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;   // asked, but no usable answer in time
    std::uint64_t skipped = 0;  // not asked: resting after failures, or its schema does not fit
    std::uint64_t local = 0;    // answered by this neuron's own synapse
    std::uint64_t lessons_given = 0;      // questions with labels that a peer keeps
    std::uint64_t gradients_given = 0;    // that a peer learns from
    std::uint64_t gradients_refused = 0;  // it does not learn from us, or has no inputs left
    std::uint64_t gradients_dropped = 0;  // not sent: too many were under way
    PeerCalls::Traffic traffic;
  };

  // What goes with one request beside the inputs.
  struct Extras {
    bool keep = false;         // the peer is to keep the inputs: teach() may follow
    PeerCalls::Labels labels;  // makes a lesson of the question
  };

  // The synapse that this neuron serves now; null before it serves any.
  using OwnSynapse = std::function<std::shared_ptr<ServedSynapse>()>;

  // A fan-out under way.
  class Pending {
   public:
    Pending(Pending&&) noexcept;
    Pending& operator=(Pending&&) noexcept;
    ~Pending();  // lets the calls go on, unheeded

    // One Answer per synapse, in their order; blocks until the deadline at most. Call wait() or
    // wait_usual(), once.
    std::vector<Answer> wait();

    // The same for callers who would rather go on than wait for the last one: an answer that takes
    // longer than its peer's usually do (PeerPace) counts as failed here, although the peer is
    // blamed only if it does not come by the deadline. A peer that never answered yet is given
    // as long as the slowest of the others.
    std::vector<Answer> wait_usual();

    // Whether wait_usual() would return at once.
    bool ready() const;

    // Whose answers are not there yet, and until when wait_usual() and wait() wait for them: for
    // people.
    struct Awaited {
      PublicKey peer;
      TimePoint usual;
      TimePoint deadline;
    };
    std::vector<Awaited> awaited() const;

   private:
    friend class Dendrite;
    struct State;
    explicit Pending(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };

  // `own` answers for this neuron's own key, in the calling thread, without the network.
  Dendrite(Options options, Transport& transport, const Wallet& wallet, Executor& executor,
           OwnSynapse own);
  // Waits for calls under way: at most the timeout, less if the transport is closed.
  ~Dendrite();

  // Those of `synapses` that can be asked about such `inputs` now: their schema fits, they do not
  // rest after failures and have not too many questions already.
  std::vector<SynapseRecord> available(const std::vector<SynapseRecord>& synapses,
                                       const Inputs& inputs) const;

  // Sends requests[i] to synapses[i] and returns at once; local work may go on before
  // wait(). A request without rows is not sent; its answer is ok and has no rows.
  // `extras`: one per synapse, or none.
  Pending forward_async(const std::vector<SynapseRecord>& synapses, std::vector<Inputs> requests,
                        std::vector<Extras> extras = {});

  // Gives `peer` the gradient of one of its answers, for its model to learn from, and returns at
  // once. Nobody waits for it: dropped if too many are under way to that peer, and when it comes
  // late. `call_id` is the answer's; `modality` that of the question.
  void teach(const SynapseRecord& peer, Modality modality, std::uint64_t call_id,
             const at::Tensor& gradient);

  // Whether `peer` took what it was last taught, or was never taught: one that does not learn is
  // tried again after a second, and less and less often.
  bool learns(const PublicKey& peer) const BITTENSOR_EXCLUDES(mutex_);

  // The same, blocking; one Answer per synapse, in their order.
  std::vector<Answer> forward(const std::vector<SynapseRecord>& synapses,
                              std::vector<Inputs> requests);
  std::vector<Answer> forward_text(const std::vector<SynapseRecord>& synapses,
                                   const std::vector<std::vector<std::string>>& requests);
  std::vector<Answer> forward_image(const std::vector<SynapseRecord>& synapses,
                                    const std::vector<at::Tensor>& requests);
  std::vector<Answer> forward_tensor(const std::vector<SynapseRecord>& synapses,
                                     const std::vector<at::Tensor>& requests);

  // Calls that nobody waits for any more are counted when they end.
  Stats stats() const BITTENSOR_EXCLUDES(mutex_);

  // With whom it goes how. Thread-safe.
  std::vector<PeerLedger::Account> accounts() const { return ledger_.accounts(); }
  // How long `peer` is left alone after failures. Thread-safe.
  Duration rests(const SynapseRecord& peer) const { return rest_.remaining(peer, executor_.now()); }

 private:
  struct Call;
  // How teaching a peer goes.
  struct Pupil {
    int under_way = 0;
    int refusals = 0;         // one after the other
    TimePoint refused_until;  // it did not learn: not taught again before this
  };
  using Patience = std::function<std::vector<TimePoint>()>;

  absl::StatusOr<PeerAnswer> ask_own(Call& call);
  void start_call(Call& call, TimePoint deadline, PeerCalls::Done done);
  // When to give up each call of a fan-out: by its deadline, or when it takes unusually long.
  std::vector<TimePoint> usual(const Pending::State& state) const;
  std::vector<Answer> collect(Pending::State& state, const Patience& patience);
  PeerCalls::Done judged(const SynapseRecord& peer, const char* what, PeerCalls::Done done);
  void judge(const SynapseRecord& peer, const absl::Status& status, Duration took);
  void count(std::uint64_t Stats::*which) BITTENSOR_EXCLUDES(mutex_);
  PeerCalls::Options counted(PeerCalls::Options options);
  void taught(const PublicKey& peer, const absl::StatusOr<PeerAnswer>& answer)
      BITTENSOR_EXCLUDES(mutex_);
  std::vector<at::Tensor> fetch_gradients(const std::vector<Call>& calls,
                                          const std::vector<struct GradientRequest>& requests);

  const Options options_;
  Executor& executor_;
  const PublicKey self_;
  const OwnSynapse own_;
  PeerRest rest_;
  PeerPace pace_;
  PeerWindow window_;
  PeerLedger ledger_;
  mutable Mutex mutex_;
  Stats stats_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<PublicKey, Pupil> pupils_ BITTENSOR_GUARDED_BY(mutex_);  // who was taught
  PeerCalls calls_;  // Last: its destructor waits for calls that judge the peers above.
};

}  // namespace bittensor
