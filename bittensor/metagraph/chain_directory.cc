// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/chain_directory.h"

#include <algorithm>
#include <utility>

#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/identity.pb.h"

namespace bittensor {
namespace {

constexpr char kDescribe[] = "bittensor.v1.Identity/Describe";
constexpr std::size_t kMaxDescription = 64 << 10;

PublicKey key_of(const AccountId& account) {
  return PublicKey::from_bytes(bytes_of(account)).value();  // it has 32 bytes
}

StatementPtr record_of(const PublicKey& key, const std::string& address,
                       const std::optional<Schema>& schema, std::int64_t now_ms) {
  auto record = std::make_shared<Statement>();
  record->kind = v1::Statement::KIND_RECORD;
  record->key = key;
  record->issued_ms = now_ms;
  record->axon_address = record->metagraph_address = address;
  if (schema.has_value()) record->schema = *schema;
  return record;
}

StatementPtr row_of(const ChainNeuron& neuron, const NeuronSnapshot& snapshot) {
  v1::Weights weights;
  for (const auto& [uid, value] : neuron.weights) {
    if (uid >= snapshot.neurons.size()) continue;
    v1::Weight& weight = *weights.add_weights();
    weight.set_key(std::string(bytes_of(snapshot.neurons[uid].hotkey)));
    weight.set_weight(static_cast<float>(value) / 65535);
  }
  auto row = std::make_shared<Statement>();
  row->kind = v1::Statement::KIND_WEIGHTS;
  row->key = key_of(neuron.hotkey);
  row->body = weights.SerializeAsString();
  return row;
}

// What a peer says of itself, if it is `key`.
absl::StatusOr<Schema> read_description(const Transport::Reply& reply, const PublicKey& self,
                                        const PublicKey& key, const std::string& nonce) {
  BITTENSOR_RETURN_IF_ERROR(reply.status());
  BITTENSOR_RETURN_IF_ERROR(
      open_reply(reply->envelope, kDescribe, reply->body, self, key, nonce).status());
  v1::DescribeResponse response;
  if (!response.ParseFromString(reply->body.flatten())) {
    return absl::InvalidArgumentError("not a description");
  }
  return from_proto(response.schema());
}

}  // namespace

void ChainDirectory::update(std::shared_ptr<const NeuronSnapshot> snapshot) {
  std::map<PublicKey, std::string> addresses;
  std::vector<StatementPtr> rows;
  for (const ChainNeuron& neuron : snapshot->neurons) {
    const PublicKey key = key_of(neuron.hotkey);
    std::string address = neuron.axon.address();
    if (!address.empty() && key != wallet_.key()) addresses.emplace(key, std::move(address));
    if (!neuron.weights.empty()) rows.push_back(row_of(neuron, *snapshot));
  }
  MutexLock lock(mutex_);
  ++reads_;
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    const auto found = addresses.find(peer->first);
    const bool same = found != addresses.end() && found->second == peer->second.address;
    peer = same ? std::next(peer) : peers_.erase(peer);
  }
  for (auto& [key, address] : addresses) {
    Peer& peer = peers_[key];  // new ones are asked at once
    peer.address = std::move(address);
  }
  rows_ = std::move(rows);
  content_.reset();
  ask_due();
}

void ChainDirectory::ask_due() {
  const TimePoint now = executor_.now();
  for (auto& [key, peer] : peers_) {
    if (stopped_ || questions_ >= options_.most_questions) return;
    if (!peer.asking && now >= peer.ask_at) ask(key, peer);
  }
}

void ChainDirectory::ask(const PublicKey& key, Peer& peer) {
  peer.asking = true;
  ++questions_;
  Payload body(v1::DescribeRequest().SerializeAsString());
  SealedRequest sealed = seal_request(wallet_, key, kDescribe, body, executor_.unix_ms());
  transport_.call(peer.address, kDescribe,
                  Message{std::move(sealed.bytes), std::move(body), std::string(key.bytes())},
                  executor_.now() + options_.timeout, kMaxDescription,
                  [weak = weak_from_this(), self = wallet_.key(), key, address = peer.address,
                   nonce = std::move(sealed.nonce)](Transport::Reply reply) {
                    const absl::StatusOr<Schema> schema = read_description(reply, self, key, nonce);
                    if (const auto directory = weak.lock())
                      directory->take_answer(key, address, schema);
                  });
}

void ChainDirectory::take_answer(const PublicKey& key, const std::string& address,
                                 const absl::StatusOr<Schema>& schema) {
  MutexLock lock(mutex_);
  --questions_;
  const auto found = peers_.find(key);
  if (found != peers_.end() && found->second.address == address) {
    Peer& peer = found->second;
    peer.asking = false;
    if (schema.ok()) {
      peer.schema = *schema;
      peer.pause = {};
      peer.ask_at = executor_.now() + options_.ask_again;
    } else {
      spdlog::debug("chain: {} at {} is not proven: {}", key.short_hex(), address,
                    schema.status().ToString());
      peer.schema.reset();
      peer.pause = std::clamp(2 * peer.pause, options_.first_pause, options_.longest_pause);
      peer.ask_at = executor_.now() + peer.pause;
    }
    content_.reset();
  }
  ask_due();
}

void ChainDirectory::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
}

std::shared_ptr<const RecordStore::Content> ChainDirectory::content() const {
  MutexLock lock(mutex_);
  if (content_ == nullptr) {
    auto content = std::make_shared<RecordStore::Content>();
    for (const auto& [key, peer] : peers_) {
      content->records.push_back(record_of(key, peer.address, peer.schema, executor_.unix_ms()));
      content->proven.push_back(peer.schema.has_value());
    }
    content->rows = rows_;
    content_ = std::move(content);
  }
  return content_;
}

std::uint64_t ChainDirectory::reads() const {
  MutexLock lock(mutex_);
  return reads_;
}

}  // namespace bittensor
