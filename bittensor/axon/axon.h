// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

#include "bittensor/axon/caller_ledger.h"
#include "bittensor/axon/job_queue.h"
#include "bittensor/axon/kept_inputs.h"
#include "bittensor/axon/lessons.h"
#include "bittensor/axon/taught_gradients.h"
#include "bittensor/axon/worker.h"
#include "bittensor/base/mutex.h"
#include "bittensor/synapse/served_synapse.h"
#include "bittensor/transport/transport.h"
#include "bittensor/trust/admission.h"
#include "bittensor/trust/pair_keys.h"
#include "bittensor/trust/replay_guard.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

struct WireTensor;
namespace v1 {
class ForwardRequest;
}

// The server of a neuron: runs a frozen copy of its synapse for others.
//
// A request is admitted (address, proof, receiver, age, replay, who the caller is and how much that
// caller asks for, size, shape, values), waits in a bounded queue, is computed on the axon's own
// worker, joined with others of its shape, and answered with a proof of who answers. What is wrong
// with it is told to its caller alone. Training goes on beside it: nobody sees the model that is
// being trained.
//
// Thread-safe. What it is given must outlive it.
class Axon {
 public:
  struct Options {
    std::string listen_address = "0.0.0.0:0";  // port 0: any
    bool allow_unsigned = false;               // answer whoever asks, without any proof
    std::size_t max_message_bytes = std::size_t{64} << 20;
    // From whom the model learns: whose gradients take_gradients() gives, and whose lessons are
    // kept. Empty: from nobody, and their gradients are not computed. Called on the transport's
    // threads, with the key that the request proves.
    std::function<bool(const PublicKey& caller)> learns_from;
    // The gradients of all teachers go into one sum, and requests of several are computed together.
    bool one_teacher = false;
    double max_gradient_norm = 10;  // of one batch of backward calls; larger ones are scaled down
    Lessons::Options lessons;
    std::int64_t max_rows = 4096;        // of one request
    std::int64_t max_joined_rows = 128;  // of requests joined into one batch; more saves no time
    JobQueue::Options queue;
    KeptInputs::Options kept;
    ReplayGuard::Options replay;
    Admission::Options admission;
    Duration stop_timeout = std::chrono::seconds(2);  // what is under way may take this long

    // Not ok: this caller is refused with that status. Called on the transport's threads.
    std::function<absl::Status(const PublicKey& caller)> admit;
    // Larger goes first when requests wait. Called on the transport's threads.
    std::function<double(const PublicKey& caller)> priority;
  };

  struct Stats {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;    // not admitted, or the queue was full
    std::uint64_t failed = 0;     // admitted, but the synapse could not answer
    std::uint64_t gradients = 0;  // that the model learns from
    std::uint64_t lessons = 0;    // kept
    std::uint64_t rows = 0;       // of answers
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
  };

  Axon(Options options, Transport& transport, const Wallet& wallet, Executor& executor);
  // Stops, see stop().
  ~Axon();

  // Serves a deep copy of `synapse` as it is now, from the next request on. Requests under way
  // get the answer of the copy that was served when they came.
  void serve(const Synapse& synapse) BITTENSOR_EXCLUDES(mutex_);

  // What is served now; null before the first serve().
  std::shared_ptr<ServedSynapse> served() const BITTENSOR_EXCLUDES(mutex_);

  // What those that the model learns from have taught since the last call. To be called by the
  // thread that trains it, before its optimizer's step. wait_for_gradients() blocks until there is
  // something, `timeout` at most.
  std::vector<TaughtGradients::Taught> take_gradients() { return taught_.take(); }
  bool wait_for_gradients(Duration timeout) { return taught_.wait(timeout); }
  Lessons& lessons() { return lessons_; }

  // Listens. kAlreadyExists if the port is taken.
  absl::Status start();

  // The port taken; 0 before start().
  int port() const { return port_.load(); }

  // Refuses new requests, answers those that wait with kUnavailable, stops. May be called
  // twice, and without start().
  void stop();

  Stats stats() const BITTENSOR_EXCLUDES(mutex_);

  // Whom it served and refused, and why.
  const CallerLedger& callers() const { return callers_; }
  // Requests that wait for the model now.
  std::size_t queued() const { return queue_.size(); }

 private:
  // Who asked, and how to answer: travels with the request.
  struct Caller;

  void handle(Transport::Request request, Transport::ReplyFn reply);
  // `sender` becomes the key that the request proves, also if it is refused.
  absl::StatusOr<Caller> admit(const Transport::Request& request, Admission::Ticket& ticket,
                               PublicKey& sender);
  absl::StatusOr<Job> read_forward(const Payload& body, Caller& caller);
  absl::StatusOr<Job> read_backward(const Payload& body, Caller& caller);
  // Of inputs that are asked about: rows, shape and whether their values are `finite`.
  absl::Status check(const Inputs& inputs, bool finite, const Schema& schema) const;
  void keep_lesson(const v1::ForwardRequest& request, const Payload& body, const WireTensor& labels,
                   const Inputs& inputs, Caller& caller);
  static absl::Status append_answer(const Caller& caller, const Job::Result& result, Payload& body);
  void answer(const Caller& caller, absl::StatusOr<Job::Result> result,
              const Transport::ReplyFn& reply);
  // Says what is served: how somebody who read this address on a chain sees who is there.
  void describe(const Caller& caller, const Transport::ReplyFn& reply);
  // A reply, with a proof if the caller gave one.
  Message seal(const Caller& caller, Payload body);
  void count(std::uint64_t Stats::*which, std::uint64_t by = 1) BITTENSOR_EXCLUDES(mutex_);

  const Options options_;
  Transport& transport_;
  Executor& executor_;
  PairKeys pair_keys_;
  ReplayGuard replay_guard_;
  Admission admission_;
  TaughtGradients taught_;
  Lessons lessons_;
  KeptInputs kept_;
  CallerLedger callers_;
  JobQueue queue_;
  std::atomic<int> port_{0};
  std::unique_ptr<Transport::Listener> listener_;
  std::unique_ptr<Worker> worker_;

  mutable Mutex mutex_;
  std::shared_ptr<ServedSynapse> served_ BITTENSOR_GUARDED_BY(mutex_);
  Stats stats_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
