// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/dendrite/peer_answer.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/synapse/inputs.h"
#include "bittensor/transport/transport.h"
#include "bittensor/trust/pair_keys.h"

namespace bittensor {

// Single calls to single peers: proves who asks, checks who answers, and the
// answer's size, shape and values. What a peer sends never throws and is never
// larger than its schema allows.
//
// Thread-safe. `done` runs once, on a thread of the transport, never inside the
// call. What the constructor is given must outlive it.
class PeerCalls {
 public:
  using Done = std::function<void(absl::StatusOr<PeerAnswer>)>;

  // The labels of a request's rows: for the one who is asked to learn from.
  struct Labels {
    at::Tensor classes;              // int64 [rows]; undefined: none
    std::vector<std::string> texts;  // of text: the rows without anything hidden; else empty
  };

  // Bytes of bodies and proofs, since the start.
  struct Traffic {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
  };

  struct Options {
    std::int64_t network_dim = kDefaultNetworkDim;  // a peer of another width is not asked
    std::int64_t max_sequence = 512;                // of an answer to text
    // How inputs and gradients travel to peers that accept it, and answers back from peers that
    // know it. Lossy: not for values that must arrive exactly.
    Compression compression = Compression::kNone;
    // Asks without a proof and believes any answer: for peers that allow it, on a network
    // where nobody else can be.
    bool unsigned_calls = false;
    Task task = {};  // of the asker: peers of the same one are asked for their predictions
    // Told of the bytes of each call, as Traffic counts them; on any thread. May be empty.
    std::function<void(const PublicKey& peer, std::size_t sent, std::size_t received)> moved = {};
  };

  PeerCalls(Options options, Transport& transport, const Wallet& wallet, Executor& executor)
      : options_(options), transport_(transport), keys_(wallet), executor_(executor) {}

  // Waits for the calls under way: each ends by its deadline, or when the transport closes.
  ~PeerCalls();

  // A number for forward() that asks the peer to keep the inputs for backward().
  std::uint64_t new_call_id() { return next_call_id_++; }

  // Whether `peer` can be asked about `inputs` at all. kInvalidArgument or kUnimplemented if
  // its schema says no; nothing needs to be sent to know.
  absl::Status check(const SynapseRecord& peer, const Inputs& inputs) const;

  // The peer's answer to `inputs` (at least one row): float32 [rows, network_dim], text
  // [rows, sequence, network_dim]. `call_id` 0: no backward will follow. `labels` makes a lesson
  // of the question.
  void forward(const SynapseRecord& peer, const Inputs& inputs, const Labels& labels,
               std::uint64_t call_id, TimePoint deadline, Done done);

  // The gradient of `inputs`, float32 of their shape, given the gradient of the answer to
  // forward(call_id). The inputs travel again only if the peer no longer has them.
  void backward(const SynapseRecord& peer, const Inputs& inputs, std::uint64_t call_id,
                const at::Tensor& output_gradient, TimePoint deadline, Done done);

  // Only gives the peer the gradient of its answer to forward(call_id), for its model to learn
  // from. kFailedPrecondition if it no longer has the inputs: they are not sent again.
  void teach(const SynapseRecord& peer, Modality modality, std::uint64_t call_id,
             const at::Tensor& output_gradient, TimePoint deadline, Done done);

  Traffic traffic() const { return {bytes_sent_, bytes_received_}; }

 private:
  using Opened = std::function<void(absl::StatusOr<Payload>)>;

  // One proven call; `opened` gets the body of a reply that is really the peer's.
  void call(const SynapseRecord& peer, const char* method, Payload body, TimePoint deadline,
            std::size_t max_reply_bytes, Opened opened);
  void refuse(Done done, absl::Status status);
  Compression compression_to(const SynapseRecord& peer) const;
  absl::Status check_sender(const Message& reply, const char* method, const PublicKey& peer,
                            const std::string& nonce);
  static std::uint64_t random_id();
  void begin_call() BITTENSOR_EXCLUDES(mutex_);
  void end_call() BITTENSOR_EXCLUDES(mutex_);
  void send_backward(const SynapseRecord& peer, const Inputs& inputs, std::uint64_t call_id,
                     const at::Tensor& output_gradient, bool with_inputs, TimePoint deadline,
                     Done done);

  const Options options_;
  Transport& transport_;
  PairKeys keys_;
  Executor& executor_;
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::atomic<std::uint64_t> bytes_received_{0};
  // Two dendrites of one neuron must not name the same kept inputs: each counts from a random
  // number.
  std::atomic<std::uint64_t> next_call_id_{random_id()};

  Mutex mutex_;
  std::condition_variable_any all_done_;
  int under_way_ BITTENSOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace bittensor
