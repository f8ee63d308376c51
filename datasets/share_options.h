// SPDX-License-Identifier: MIT
#pragma once

#include "datasets/share.h"

namespace CLI {
class App;
}

namespace bittensor {

// Adds --share, --share_seed and, for data with `labels`, --share_alpha, --labels and --unlabelled.
// `options` must outlive the parsing.
void add_share_options(CLI::App& app, ShareOptions& options, bool labels = true);

}  // namespace bittensor
