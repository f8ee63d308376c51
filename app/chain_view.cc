// SPDX-License-Identifier: MIT
#include "app/chain_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

constexpr double kBlockSeconds = 12;
constexpr double kOne = 65535;

}  // namespace

absl::StatusOr<std::vector<NeuronLine>> lines_of(const NeuronSnapshot& snapshot,
                                                 const std::string& whose) {
  std::vector<std::string> names;
  std::vector<std::size_t> found;
  for (const ChainNeuron& neuron : snapshot.neurons) {
    names.push_back(ss58_encode(neuron.hotkey));
    if (!whose.empty() && absl::StartsWith(names.back(), whose)) found.push_back(neuron.uid);
  }
  if (!whose.empty() && found.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(found.size(), " neurons have a hotkey that begins with ", whose));
  }
  std::vector<NeuronLine> lines;
  for (const ChainNeuron& neuron : snapshot.neurons) {
    NeuronLine line;
    line.key = names[neuron.uid];
    line.address = neuron.axon.address();
    const std::uint64_t spoke = std::max(neuron.last_update, neuron.axon.block);
    line.age_s =
        kBlockSeconds * static_cast<double>(snapshot.block - std::min(snapshot.block, spoke));
    line.rank = neuron.rank / kOne;
    line.trust = neuron.trust / kOne;
    line.consensus = neuron.consensus / kOne;
    line.incentive = neuron.incentive / kOne;
    line.dividends = neuron.dividends / kOne;
    // Only the ratios of a row count.
    double sum = 0;
    for (const auto& [uid, value] : neuron.weights) sum += value;
    for (const auto& [uid, value] : neuron.weights) {
      if (uid < names.size()) line.row.emplace_back(names[uid], value / sum);
    }
    lines.push_back(std::move(line));
  }
  if (!whose.empty()) {
    for (NeuronLine& line : lines) {
      for (const auto& [name, weight] : lines[found[0]].row) {
        if (name == line.key) line.weight = weight;
      }
    }
  }
  return lines;
}

absl::StatusOr<ChainView> ChainView::open(const Options& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  BITTENSOR_ASSIGN_OR_RETURN(auto chain, open_chain(options.address, deadline));
  return ChainView(options, std::move(chain));
}

absl::StatusOr<std::vector<NeuronLine>> ChainView::lines() const {
  BITTENSOR_ASSIGN_OR_RETURN(
      const auto snapshot,
      chain_->neurons(options_.netuid, std::chrono::steady_clock::now() + options_.patience));
  return lines_of(*snapshot, options_.whose);
}

}  // namespace bittensor
