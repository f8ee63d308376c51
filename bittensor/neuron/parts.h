// SPDX-License-Identifier: MIT
//
// From what the user said to the parts, so that the programs need not repeat it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/file_lock.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/neuron/options.h"
#include "bittensor/router/router.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// gRPC, encrypted if --tls says so, with the faults that --fault names. Errors name the option or
// the file that is wrong.
absl::StatusOr<std::unique_ptr<Transport>> make_transport(const NeuronOptions& options,
                                                          const Wallet& wallet, Executor& executor);

// The options of the parts with what follows from several: the addresses to listen at, the file
// that remembers peers, how long to wait once a stop is requested.
Axon::Options axon_options(const NeuronOptions& options);
Metagraph::Options metagraph_options(const NeuronOptions& options);
Dendrite::Options dendrite_options(const NeuronOptions& options);
Router::Options router_options(const NeuronOptions& options);
Neuron::Options neuron_options(const NeuronOptions& options);

// --progress, or "quiet" with --quiet.
std::string progress_style(const NeuronOptions& options);

// Where a neuron's files are, beside its key: "a/neuron" of a/neuron.key.
std::string files_prefix(const NeuronOptions& options);

// Where the best model so far goes: --save_model, or the key file's name with ".pt".
std::string checkpoint_path(const NeuronOptions& options);

// Where the state of training goes, from which a restarted neuron resumes: "a/neuron.last.pt"
// beside "a/neuron.pt".
std::string last_checkpoint_path(const NeuronOptions& options);

// The neuron's key, from --neuron_key, which is created if it is missing; its passphrase, if
// the file is encrypted or is to be, from --passphrase_file, the environment or the terminal.
// Errors as Wallet::load_or_create(). `before_asking`, if there is one, is called with the key
// before the terminal is waited for; an error of its is returned.
absl::StatusOr<Wallet> open_wallet(
    const NeuronOptions& options,
    const std::function<absl::Status(const PublicKey&)>& before_asking = nullptr);

// Keeps a second neuron from using the same key. kFailedPrecondition says so.
absl::StatusOr<FileLock> lock_key(const NeuronOptions& options);

// Blocks until options.min_peers others are proven to `metagraph`, at most 30 s or until a stop
// is requested. Says in the log if they did not come, and to `watch`, if there is one, that it
// waits.
void wait_for_peers(const Metagraph& metagraph, const NeuronOptions& options,
                    Watch* watch = nullptr);

}  // namespace bittensor
