// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/neuron/options.h"
#include "bittensor/transport/tls.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

class OptionGroup;

// Declares --tls and --tls_....
void add_tls_options(const OptionGroup& group, NeuronOptions& options);

// What --tls and --tls_... say, for the transport of `wallet`'s neuron; nothing if they say
// nothing. Errors name the option or the file that is wrong. `executor`, which must outlive the
// transport, knows the time.
absl::StatusOr<std::optional<Tls>> make_tls(const NeuronOptions& options, const Wallet& wallet,
                                            Executor& executor);

}  // namespace bittensor
