// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/subtensor_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "bittensor/base/hex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/open_chain.h"
#include "bittensor/chain/registration.h"
#include "bittensor/chain/subtensor/events.h"
#include "bittensor/chain/subtensor/storage_key.h"
#include "bittensor/chain/subtensor/subnet_reader.h"

namespace bittensor {
namespace {

// After more blocks than this it is cheaper to read everything.
constexpr std::uint64_t kMostBlocks = 16;
// Runtimes read seals with the lowest byte first since they have a later library of numbers: 300
// does, 218 does not. Metadata says nothing of it.
constexpr std::uint32_t kLittleEndianSeals = 240;

// The genesis that all nodes must share: the user's, or the first one's.
class Genesis {
 public:
  explicit Genesis(std::string expected) : expected_(std::move(expected)) {}

  absl::Status check(RpcClient& client, TimePoint deadline) BITTENSOR_EXCLUDES(mutex_) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::string hash, Node(client).block_hash(0, deadline));
    MutexLock lock(mutex_);
    if (expected_.empty()) expected_ = hash;
    if (hash == expected_) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("a node is of another chain: its genesis is ",
                                                      absl::BytesToHexString(hash), ", not ",
                                                      absl::BytesToHexString(expected_)));
  }

  std::string hash() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return expected_;
  }

 private:
  Mutex mutex_;
  std::string expected_ BITTENSOR_GUARDED_BY(mutex_);
};

Rao spendable(const ScaleValue& data) {
  const auto amount = [&](const char* name) { return data.u64(name).value_or(0); };
  const Rao frozen = std::max({amount("frozen"), amount("misc_frozen"), amount("fee_frozen")});
  const Rao free = amount("free");
  return free - std::min(free, frozen);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SubtensorChain>> SubtensorChain::open(const Options& options,
                                                                     TimePoint deadline) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : options.endpoints) {
    BITTENSOR_ASSIGN_OR_RETURN(Endpoint endpoint, parse_endpoint(text));
    endpoints.push_back(std::move(endpoint));
  }
  if (endpoints.empty()) return absl::InvalidArgumentError("no endpoint of a chain was given");
  const std::optional<std::string> expected =
      hex_to_bytes(absl::StripPrefix(options.genesis_hash, "0x"));
  if (!expected || (!expected->empty() && expected->size() != 32)) {
    return absl::InvalidArgumentError("a genesis hash has 64 hexadecimal digits");
  }
  auto client = make_reconnecting_client(std::move(endpoints), options.rpc, options.reconnect);
  const auto genesis = std::make_shared<Genesis>(*expected);
  client->set_check(
      [genesis](RpcClient& one, TimePoint until) { return genesis->check(one, until); });
  BITTENSOR_RETURN_IF_ERROR(Node(*client).block_hash(0, deadline).status());
  return std::make_unique<SubtensorChain>(options, std::move(client), genesis->hash());
}

SubtensorChain::SubtensorChain(const Options& options, std::unique_ptr<RpcClient> client,
                               std::string genesis_hash)
    : read_all_every_(options.read_all_every),
      genesis_hash_(std::move(genesis_hash)),
      client_(std::move(client)),
      node_(*client_),
      runtimes_(node_),
      submitter_(options.submit, node_, runtimes_, genesis_hash_) {}

absl::StatusOr<std::uint64_t> SubtensorChain::block(TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  return head.number;
}

absl::StatusOr<std::uint64_t> SubtensorChain::next_block(std::uint64_t seen, TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.next_head(seen, deadline));
  return head.number;
}

absl::StatusOr<std::vector<ChainEvent>> SubtensorChain::events_of(const std::string& block,
                                                                  const std::string& parent,
                                                                  TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(parent, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string place,
                             storage_key(*runtime->metadata, "System", "Events"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             node_.storage(place, block, deadline));
  return read_events(*runtime->metadata, bytes.value_or(std::string(1, '\0')));
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> SubtensorChain::changes_since(
    const Synced& synced, const Node::Head& head, std::shared_ptr<const Runtime> runtime,
    TimePoint deadline) {
  const std::uint64_t last = synced.snapshot->block;
  if (head.number < last || head.number - last > kMostBlocks ||
      head.number >= synced.read_all_at + read_all_every_ ||
      runtime->spec_version != synced.spec_version) {
    return absl::NotFoundError("too much has changed");
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::string parent, node_.block_hash(last, deadline));
  if (parent != synced.snapshot->block_hash) return absl::NotFoundError("another branch");
  std::vector<ChainEvent> events;
  for (std::uint64_t number = last + 1; number <= head.number; ++number) {
    BITTENSOR_ASSIGN_OR_RETURN(std::string hash, node_.block_hash(number, deadline));
    absl::StatusOr<std::vector<ChainEvent>> more = events_of(hash, parent, deadline);
    if (absl::IsInvalidArgument(more.status())) return absl::NotFoundError("unknown events");
    BITTENSOR_RETURN_IF_ERROR(more.status());
    std::move(more->begin(), more->end(), std::back_inserter(events));
    parent = std::move(hash);
  }
  return SubnetReader(node_, std::move(runtime), synced.snapshot->netuid, head.number, head.hash,
                      deadline)
      .read_changes(*synced.snapshot, events);
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> SubtensorChain::neurons(std::uint16_t netuid,
                                                                              TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  Synced synced;
  {
    MutexLock lock(mutex_);
    const auto found = synced_.find(netuid);
    if (found != synced_.end()) synced = found->second;
  }
  if (synced.snapshot != nullptr && synced.snapshot->block_hash == head.hash) {
    return synced.snapshot;
  }
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> snapshot = absl::NotFoundError("");
  if (synced.snapshot != nullptr) snapshot = changes_since(synced, head, runtime, deadline);
  if (absl::IsNotFound(snapshot.status())) {
    synced.read_all_at = head.number;
    snapshot = SubnetReader(node_, runtime, netuid, head.number, head.hash, deadline).read_all();
  }
  BITTENSOR_RETURN_IF_ERROR(snapshot.status());
  synced.snapshot = *snapshot;
  synced.spec_version = runtime->spec_version;
  MutexLock lock(mutex_);
  synced_[netuid] = synced;
  return synced.snapshot;
}

absl::StatusOr<SubnetHyperparameters> SubtensorChain::hyperparameters(std::uint16_t netuid,
                                                                      TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  return SubnetReader(node_, runtime, netuid, head.number, head.hash, deadline).hyperparameters();
}

absl::StatusOr<std::optional<std::uint16_t>> SubtensorChain::uid(std::uint16_t netuid,
                                                                 const AccountId& hotkey,
                                                                 TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(
      const std::string place,
      storage_key(*runtime->metadata, kSubtensor, "Uids",
                  {ScaleValue::of_number(netuid), ScaleValue::of_bytes(bytes_of(hotkey))}));
  BITTENSOR_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             node_.storage(place, head.hash, deadline));
  if (!bytes.has_value()) return std::optional<std::uint16_t>();
  ScaleReader reader(*bytes);
  const std::uint16_t uid = reader.u16();
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return std::optional<std::uint16_t>(uid);
}

absl::StatusOr<Rao> SubtensorChain::balance(const AccountId& account, TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  const Metadata& metadata = *runtime->metadata;
  BITTENSOR_ASSIGN_OR_RETURN(const StorageEntry* entry, metadata.storage("System", "Account"));
  BITTENSOR_ASSIGN_OR_RETURN(
      const std::string place,
      storage_key(metadata, "System", "Account", {ScaleValue::of_bytes(bytes_of(account))}));
  BITTENSOR_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             node_.storage(place, head.hash, deadline));
  if (!bytes.has_value()) return Rao{0};
  ScaleReader reader(*bytes);
  const ScaleValue value = read_value(metadata.types(), entry->value, reader);
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  const ScaleValue* const data = value.find("data");
  if (data == nullptr) return absl::InvalidArgumentError("the runtime's accounts have no data");
  return spendable(*data);
}

absl::StatusOr<Chain::WorkChallenge> SubtensorChain::work_challenge(std::uint16_t netuid,
                                                                    TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  const SubnetReader reader(node_, runtime, netuid, head.number, head.hash, deadline);
  BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet, reader.hyperparameters());
  const bool big_endian = runtime->spec_version < kLittleEndianSeals;
  return WorkChallenge{head.number, head.hash, subnet.difficulty, big_endian != other_seals_};
}

absl::StatusOr<Rao> SubtensorChain::fee(const ChainAction& action, const Signer& signer,
                                        TimePoint deadline) {
  return submitter_.fee(action, signer, deadline);
}

absl::StatusOr<Receipt> SubtensorChain::submit(const ChainAction& action, const Signer& signer,
                                               TimePoint deadline) {
  absl::StatusOr<Receipt> receipt = submitter_.submit(action, signer, deadline);
  if (std::holds_alternative<WorkRegistration>(action) && needs_more_work(receipt.status())) {
    other_seals_ = !other_seals_;
  }
  return receipt;
}

void SubtensorChain::close() {
  client_->close();
}

absl::StatusOr<std::unique_ptr<Chain>> open_chain(const ChainAddress& address, TimePoint deadline) {
  SubtensorChain::Options options;
  options.endpoints = address.endpoints;
  options.genesis_hash = address.genesis_hash;
  options.rpc.ca_file = address.ca_file;
  return SubtensorChain::open(options, deadline);
}

absl::StatusOr<SubtensorChain::Info> SubtensorChain::info(TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  return Info{runtime->name, runtime->spec_version, genesis_hash_, head.number};
}

}  // namespace bittensor
