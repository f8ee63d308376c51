// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/partners.h"

#include <algorithm>
#include <utility>

namespace bittensor {
namespace {

constexpr std::size_t kMaxLost = 256;
constexpr std::uint64_t kOutsiderEvery = 8;  // rounds
constexpr int kOutsidersWhenAlone = 2;

}  // namespace

Partners::Partners(std::vector<std::string> bootstrap, std::uint64_t seed)
    : bootstrap_(std::move(bootstrap)), random_(seed) {}

std::vector<Partners::Peer> Partners::choose(const RecordStore::Content& known,
                                             const PublicKey& self) {
  std::vector<Peer> peers = choose_known(known, self);
  if (round_ == 0) {
    for (const std::string& address : bootstrap_) peers.push_back({address, {}});
  }
  if (peers.empty()) {
    for (int i = 0; i < kOutsidersWhenAlone; ++i) add_outsider(peers);
  } else if (round_ % kOutsiderEvery == kOutsiderEvery - 1) {
    add_outsider(peers);
  }
  ++round_;
  return peers;
}

std::vector<Partners::Peer> Partners::choose_known(const RecordStore::Content& known,
                                                   const PublicKey& self) {
  std::string own_address;
  for (const StatementPtr& record : known.records) {
    if (record->key == self) own_address = record->metagraph_address;
  }
  std::vector<StatementPtr> unproven;
  for (std::size_t i = 0; i < known.records.size(); ++i) {
    if (!known.proven[i]) unproven.push_back(known.records[i]);
  }
  const bool prove = !unproven.empty() && random_() % 2 == 0;
  const std::vector<StatementPtr>& records = prove ? unproven : known.records;
  // A few tries, for those that are this neuron or claim its address.
  for (int i = 0; i < 4 && !records.empty(); ++i) {
    const Statement& record = *records[random_() % records.size()];
    if (record.key == self || record.metagraph_address == own_address) continue;
    return {{record.metagraph_address, record.key}};
  }
  return {};
}

void Partners::add_outsider(std::vector<Peer>& peers) {
  const std::size_t count = bootstrap_.size() + lost_.size();
  if (count == 0) return;
  const std::size_t i = random_() % count;
  peers.push_back({i < bootstrap_.size() ? bootstrap_[i] : lost_[i - bootstrap_.size()], {}});
}

void Partners::add_lost(const std::string& address) {
  if (std::find(lost_.begin(), lost_.end(), address) != lost_.end()) return;
  if (lost_.size() == kMaxLost) lost_.erase(lost_.begin());
  lost_.push_back(address);
}

void Partners::note_answer(const std::string& address) {
  lost_.erase(std::remove(lost_.begin(), lost_.end(), address), lost_.end());
}

}  // namespace bittensor
