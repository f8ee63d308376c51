// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/chain_peers.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/weights.h"

namespace bittensor {
namespace {

constexpr std::uint64_t kRetryBlocks = 10;  // after the chain refused something
constexpr std::size_t kSaltNumbers = 8;

TimePoint after(Duration time) {
  return std::chrono::steady_clock::now() + time;
}

// The epoch that `block` is of. Where the runtime counts them, that of the newest block: the
// first ones of an epoch may be taken for the last of the one before.
std::uint64_t epoch_of(std::uint64_t block, std::uint16_t netuid,
                       const SubnetHyperparameters& rules) {
  if (rules.counts_epochs) return rules.epoch;
  return (block + netuid + 1) / (rules.tempo + 1);
}

std::uint64_t reveal_period(const SubnetHyperparameters& rules) {
  return std::max<std::uint64_t>(rules.reveal_period_epochs, 1);
}

// Whether it may be in a block all the same, now or later.
bool may_have_happened(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status) || absl::IsAborted(status) || absl::IsDataLoss(status);
}

std::vector<std::uint16_t> make_salt() {
  std::random_device random;
  std::vector<std::uint16_t> salt(kSaltNumbers);
  for (std::uint16_t& number : salt) number = static_cast<std::uint16_t>(random());
  return salt;
}

}  // namespace

ChainPeers::ChainPeers(Options options, Chain& chain, Transport& transport, const Wallet& wallet,
                       Executor& executor, Weights weights)
    : options_(options),
      chain_(chain),
      signer_(ed25519_signer(wallet)),
      weights_(std::move(weights)),
      directory_(std::make_shared<ChainDirectory>(ChainDirectory::Options{}, transport, wallet,
                                                  executor)) {}

ChainPeers::~ChainPeers() {
  stop();
}

absl::Status ChainPeers::start(const std::string& axon_address) {
  BITTENSOR_ASSIGN_OR_RETURN(axon_, AxonInfo::at(axon_address));
  load_commit();
  thread_ = std::thread([this] { follow(); });
  return absl::OkStatus();
}

void ChainPeers::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  chain_.close();
  directory_->stop();
  if (thread_.joinable()) thread_.join();
}

bool ChainPeers::stopped_within(Duration time) {
  const TimePoint end = after(time);
  MutexLock lock(mutex_);
  while (!stopped_ && changed_.wait_until(mutex_, end) != std::cv_status::timeout) {
  }
  return stopped_;
}

void ChainPeers::follow() {
  std::uint64_t seen = 0;
  Duration pause{};
  while (!stopped_within(pause)) {
    const absl::Status status = step(seen);
    if (status.ok()) {
      if (pause > Duration::zero()) {
        spdlog::info("chain: is there again, at block {}", seen);
        warned_.clear();
      }
      pause = {};
      continue;
    }
    if (absl::IsCancelled(status)) return;  // closed
    pause = std::clamp(2 * pause, options_.first_pause, options_.longest_pause);
    warn_once(absl::StrCat("cannot be read; the neuron goes on with those it knows of block ", seen,
                           ": ", status.message()));
  }
}

// One block: what changed, what is due, and the wait for the next.
absl::Status ChainPeers::step(std::uint64_t& seen) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto snapshot,
                             chain_.neurons(options_.netuid, after(options_.read_timeout)));
  directory_->update(snapshot);
  seen = snapshot->block;
  if (const ChainNeuron* const self = snapshot->find(signer_.account)) {
    announce(*snapshot, *self);
    publish_weights(*snapshot, *self);
  } else {
    warn_once("this neuron's hotkey is no longer registered; it goes on as an observer");
  }
  const auto next = chain_.next_block(seen, after(options_.longest_wait));
  return absl::IsDeadlineExceeded(next.status()) ? absl::OkStatus() : next.status();
}

void ChainPeers::announce(const NeuronSnapshot& snapshot, const ChainNeuron& self) {
  if (self.axon.address() == axon_.address() || snapshot.block < announce_at_) return;
  announce_at_ = snapshot.block + kRetryBlocks;
  const auto receipt = submit(AxonAnnouncement{options_.netuid, axon_}, "announce the axon");
  if (receipt.ok()) {
    spdlog::info("chain: uid {} is announced at {}", self.uid, axon_.address());
    announce_at_ = 0;
  }
}

// Of all registered neurons, itself with 0, for a subnet may want more of them than this neuron
// values.
std::vector<std::pair<std::uint16_t, double>> ChainPeers::weights_by_uid(
    const NeuronSnapshot& snapshot) const {
  absl::flat_hash_map<std::string, double> known;
  for (const auto& [key, weight] : weights_()) known[std::string(key.bytes())] = weight;
  std::vector<std::pair<std::uint16_t, double>> weights;
  for (const ChainNeuron& neuron : snapshot.neurons) {
    const auto found =
        neuron.hotkey == signer_.account ? known.end() : known.find(bytes_of(neuron.hotkey));
    weights.emplace_back(neuron.uid, found == known.end() ? 0 : found->second);
  }
  return weights;
}

void ChainPeers::publish_weights(const NeuronSnapshot& snapshot, const ChainNeuron& self) {
  if (snapshot.block < weights_at_) return;
  auto weights = weights_by_uid(snapshot);
  const bool any = std::any_of(weights.begin(), weights.end(),
                               [](const auto& weight) { return weight.second > 0; });
  if (!any && !commit_.has_value()) return;
  const auto rules = chain_.hyperparameters(options_.netuid, after(options_.read_timeout));
  if (!rules.ok())
    return warn_once(absl::StrCat("no rules of the subnet: ", rules.status().message()));
  if (commit_.has_value()) return reveal(snapshot.block + 1, *rules);
  const std::uint64_t due =
      self.last_update + std::max<std::uint64_t>({rules->tempo, rules->weights_rate_limit, 1});
  if (snapshot.block < due) {
    weights_at_ = due;
    return;
  }
  weights_at_ = snapshot.block + kRetryBlocks;  // should anything go wrong
  if (!self.validator_permit) {
    return warn_once(
        "this neuron has no validator's permit, for which its stake decides: its "
        "weights stay its own");
  }
  const absl::StatusOr<ChainWeightRow> row = chain_weights(std::move(weights), *rules);
  if (!row.ok()) return warn_once(absl::StrCat("no weights are set: ", row.status().message()));
  WeightsUpdate update{options_.netuid, *row, rules->weights_version_key};
  if (rules->commit_reveal != 0) return commit(std::move(update), snapshot.block + 1, *rules);
  const auto receipt = submit(update, "set weights");
  // A runtime that keeps this rule where it is not known says it so.
  if (absl::StrContains(receipt.status().message(), "CommitRevealEnabled")) {
    return commit(std::move(update), snapshot.block + 1, *rules);
  }
  if (!receipt.ok()) return;
  spdlog::info("chain: weights of {} neurons are set in block {}", row->size(), receipt->block);
  weights_at_ = receipt->block + 1;
}

void ChainPeers::commit(WeightsUpdate update, std::uint64_t next_block,
                        const SubnetHyperparameters& rules) {
  const WeightsCommit weights{std::move(update), make_salt()};
  const auto reveal_epoch = [&](std::uint64_t block, const SubnetHyperparameters& now) {
    return epoch_of(block, options_.netuid, now) + reveal_period(now);
  };
  // Kept before it is sent: whatever ends this neuron in between, it can be revealed.
  keep_commit({weights, reveal_epoch(next_block, rules)});
  const auto receipt = submit(weights, "commit weights");
  if (!receipt.ok()) {
    if (!may_have_happened(receipt.status())) forget_commit();
    return;
  }
  const auto now = chain_.hyperparameters(options_.netuid, after(options_.read_timeout));
  keep_commit({weights, reveal_epoch(receipt->block, now.ok() ? *now : rules)});
  weights_at_ = receipt->block + 1;
  spdlog::info("chain: weights are committed in block {}", receipt->block);
}

void ChainPeers::reveal(std::uint64_t next_block, const SubnetHyperparameters& rules) {
  const std::uint64_t epoch = epoch_of(next_block, options_.netuid, rules);
  // More than a period ahead it is of a runtime that counted otherwise.
  const bool unknown = commit_->reveal_epoch > epoch + reveal_period(rules) + 1;
  if (epoch < commit_->reveal_epoch && !unknown) return;
  if (epoch > commit_->reveal_epoch || unknown) {
    forget_commit();
    return warn_once("committed weights were not revealed in time; others follow");
  }
  const WeightsReveal weights{commit_->weights.update, commit_->weights.salt};
  const auto receipt = submit(weights, "reveal weights");
  // A chain that is away is asked again as long as it is that epoch, as is one that found it early.
  if (may_have_happened(receipt.status())) return;
  if (absl::StrContains(receipt.status().message(), "RevealTooEarly")) {
    weights_at_ = next_block + 1;
    return;
  }
  forget_commit();
  if (receipt.ok()) spdlog::info("chain: weights are revealed in block {}", receipt->block);
}

void ChainPeers::keep_commit(PendingCommit commit) {
  commit_ = std::move(commit);
  if (options_.commit_file.empty()) return;
  const absl::Status status = write_commit(options_.commit_file, signer_.account, *commit_);
  if (!status.ok()) {
    warn_once(absl::StrCat("committed weights would be lost in a restart: ", status.message()));
  }
}

void ChainPeers::load_commit() {
  if (options_.commit_file.empty()) return;
  auto commit = read_commit(options_.commit_file, signer_.account, options_.netuid);
  if (commit.ok()) {
    commit_ = *std::move(commit);
  } else if (!absl::IsNotFound(commit.status())) {
    warn_once(std::string(commit.status().message()));
  }
}

void ChainPeers::forget_commit() {
  commit_.reset();
  std::error_code ignored;  // Then it is there too late, and that is seen.
  std::filesystem::remove(options_.commit_file, ignored);
}

absl::StatusOr<Receipt> ChainPeers::submit(const ChainAction& action, absl::string_view what) {
  absl::StatusOr<Receipt> receipt = chain_.submit(action, signer_, after(options_.submit_timeout));
  if (!receipt.ok() && !absl::IsCancelled(receipt.status())) {
    warn_once(absl::StrCat("cannot ", what, ": ", receipt.status().message()));
  }
  return receipt;
}

void ChainPeers::warn_once(const std::string& problem) {
  constexpr std::size_t kMostRemembered = 100;
  if (warned_.size() >= kMostRemembered) warned_.clear();
  if (warned_.insert(problem).second) spdlog::warn("chain: {}", problem);
}

}  // namespace bittensor
