// SPDX-License-Identifier: MIT
#include "bittensor/chain/testing/fake_chain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/hashes.h"
#include "bittensor/chain/subtensor/storage_key.h"
#include "bittensor/chain/testing/runtime_218.h"
#include "bittensor/wallet/keys.h"

namespace bittensor::testing {
namespace {

std::string hex(absl::string_view bytes) {
  return absl::StrCat("0x", absl::BytesToHexString(bytes));
}

std::string unhex(const Json& text) {
  return *hex_to_bytes(text.get<std::string>().substr(2));
}

absl::Status invalid(absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("the node answers Invalid Transaction: ", why, " (1010)"));
}

// What an extrinsic of this runtime says; all have a mortal era.
struct Parts {
  std::string account;
  std::string signature;
  std::string extra;
  std::string call;
  std::uint64_t period = 0;
  std::uint64_t phase = 0;
  std::uint32_t nonce = 0;
};

Parts parts_of(const std::string& extrinsic) {
  ScaleReader whole(extrinsic);
  ScaleReader reader(whole.byte_string());
  EXPECT_EQ(reader.u8(), 0x84);
  EXPECT_EQ(reader.u8(), 0);
  Parts parts;
  parts.account = std::string(reader.take(32));
  EXPECT_EQ(reader.u8(), 0);
  parts.signature = std::string(reader.take(64));
  const absl::string_view extra = reader.rest();
  const std::uint16_t era = reader.u16();
  parts.period = std::uint64_t{2} << (era & 15);
  parts.phase = (era >> 4) * std::max<std::uint64_t>(parts.period >> 12, 1);
  parts.nonce = static_cast<std::uint32_t>(reader.compact_u64());
  EXPECT_EQ(reader.compact_u64(), 0u);
  EXPECT_EQ(reader.u8(), 0);
  parts.extra = std::string(extra.substr(0, extra.size() - reader.rest().size()));
  parts.call = std::string(reader.rest());
  EXPECT_TRUE(reader.ok());
  return parts;
}

ScaleValue dispatch_info() {
  return ScaleValue::of_list(
      {ScaleValue::of_list({ScaleValue::of_number(1), ScaleValue::of_number(2)}),
       ScaleValue::of_variant("Normal"), ScaleValue::of_variant("Yes")});
}

}  // namespace

ScaleValue event_record(std::optional<std::uint32_t> extrinsic, const std::string& pallet,
                        ScaleValue event) {
  ScaleValue record = ScaleValue::of_list(
      {extrinsic.has_value()
           ? ScaleValue::of_variant("ApplyExtrinsic", {ScaleValue::of_number(*extrinsic)})
           : ScaleValue::of_variant("Initialization"),
       ScaleValue::of_variant(pallet, {std::move(event)}), ScaleValue::of_list({})});
  record.names = {"phase", "event", "topics"};
  return record;
}

FakeChain::FakeChain() : metadata_(runtime_218()) {
  MutexLock lock(mutex_);
  blocks_.emplace_back();
}

std::string FakeChain::hash_of(std::uint64_t number) {
  return blake2b(absl::StrCat("block ", number), 32);
}

std::uint32_t FakeChain::nonce_of(const AccountId& account) const {
  MutexLock lock(mutex_);
  const auto found = nonces_.find(std::string(bytes_of(account)));
  return found == nonces_.end() ? 0 : found->second;
}

void FakeChain::set(const std::string& place, const std::string& value) {
  MutexLock lock(mutex_);
  state_[place] = value;
}

void FakeChain::set(const char* entry, const std::vector<ScaleValue>& keys,
                    const ScaleValue& value) {
  ScaleWriter writer;
  const StorageEntry* const found = metadata_->storage("SubtensorModule", entry).value();
  const absl::Status status = write_value(metadata_->types(), found->value, value, writer);
  EXPECT_TRUE(status.ok()) << entry << ": " << status;
  set(storage_key(*metadata_, "SubtensorModule", entry, keys).value(), writer.bytes());
}

void FakeChain::add_event(ScaleValue pallet_event) {
  MutexLock lock(mutex_);
  events_.push_back(event_record(std::nullopt, "SubtensorModule", std::move(pallet_event)));
}

ScaleValue FakeChain::outcome() const {
  if (fail_with_error < 0) return ScaleValue::of_variant("ExtrinsicSuccess", {dispatch_info()});
  const std::string code = {static_cast<char>(fail_with_error), 0, 0, 0};
  return ScaleValue::of_variant(
      "ExtrinsicFailed",
      {ScaleValue::of_variant(
           "Module", {ScaleValue::of_list({ScaleValue::of_number(7), ScaleValue::of_bytes(code)})}),
       dispatch_info()});
}

absl::Status FakeChain::take(const std::string& extrinsic) {
  ++handed_in;
  const Parts parts = parts_of(extrinsic);
  const std::uint64_t number = blocks_.size() - 1;
  const std::uint64_t birth =
      (std::max(number, parts.phase) - parts.phase) / parts.period * parts.period + parts.phase;
  ScaleWriter implied;
  implied.u32(spec_version);
  implied.u32(1);
  implied.append(hash_of(0));
  implied.append(hash_of(birth));
  implied.u8(0);
  std::string payload = absl::StrCat(parts.call, parts.extra, implied.bytes());
  if (payload.size() > 256) payload = blake2b(payload, 32);
  if (!verify(PublicKey::from_bytes(parts.account).value(), payload, parts.signature)) {
    return invalid("Transaction has a bad signature");
  }
  if (parts.nonce < nonces_[parts.account]) return invalid("Transaction is outdated");
  if (drop > 0) {
    --drop;
    return absl::OkStatus();
  }
  const auto [place, is_new] = pool_.emplace(std::pair(parts.account, parts.nonce), extrinsic);
  if (is_new) return absl::OkStatus();
  return place->second == extrinsic ? absl::AlreadyExistsError("Already imported (1013)")
                                    : absl::AbortedError("Priority is too low (1014)");
}

void FakeChain::make_block() {
  MutexLock lock(mutex_);
  make_block_locked();
}

void FakeChain::make_block_locked() {
  Block block;
  for (auto it = pool_.begin(); it != pool_.end();) {  // in order of turns
    const auto& [account, nonce] = it->first;
    if (nonce != nonces_[account]) {
      ++it;
      continue;
    }
    ++nonces_[account];
    events_.push_back(
        event_record(static_cast<std::uint32_t>(block.extrinsics.size()), "System", outcome()));
    block.extrinsics.push_back(it->second);
    ScaleWriter value;
    value.u32(nonces_[account]);
    for (int i = 0; i < 3; ++i) value.u32(1);
    for (int i = 0; i < 3; ++i) value.u64(i == 0 ? 1'000'000'000 : 0);
    value.u128(0);
    state_[storage_key(*metadata_, "System", "Account", {ScaleValue::of_bytes(account)}).value()] =
        value.bytes();
    it = pool_.erase(it);
  }
  ScaleWriter events;
  const absl::Status status =
      write_value(metadata_->types(), metadata_->storage("System", "Events").value()->value,
                  ScaleValue::of_list(std::exchange(events_, {})), events);
  EXPECT_TRUE(status.ok()) << status;
  state_[storage_key(*metadata_, "System", "Events").value()] = events.bytes();
  block.storage = state_;
  blocks_.push_back(std::move(block));
}

const FakeChain::Block& FakeChain::block_at(const Json& hash) const {
  for (std::uint64_t number = 0; number < blocks_.size(); ++number) {
    if (hex(hash_of(number)) == hash) return blocks_[number];
  }
  ADD_FAILURE() << "no block " << hash;
  return blocks_[0];
}

absl::StatusOr<Json> FakeChain::answer(const std::string& method, const Json& params) {
  const auto value_at = [](const Block& block, const Json& place) -> Json {
    const auto found = block.storage.find(unhex(place));
    return found == block.storage.end() ? Json() : Json(hex(found->second));
  };
  if (method == "chain_getHeader") {
    return Json{{"number", absl::StrCat("0x", absl::Hex(blocks_.size() - 1))}};
  }
  if (method == "chain_getBlockHash") {
    const auto number = params[0].get<std::uint64_t>();
    return number < blocks_.size() ? Json(hex(hash_of(number))) : Json();
  }
  if (method == "chain_getBlock") {
    Json extrinsics = Json::array();
    for (const std::string& one : block_at(params[0]).extrinsics) extrinsics.push_back(hex(one));
    return Json{{"block", {{"extrinsics", extrinsics}}}};
  }
  if (method == "state_getRuntimeVersion") {
    return Json{
        {"specName", "node-subtensor"}, {"specVersion", spec_version}, {"transactionVersion", 1u}};
  }
  if (method == "state_getMetadata") return Json(hex(chain_test_data("metadata_218_v14.scale")));
  if (method == "state_getStorage") return value_at(block_at(params[1]), params[0]);
  if (method == "state_queryStorageAt") {
    Json changes = Json::array();
    const Block& block = block_at(params[1]);
    for (const Json& place : params[0]) changes.push_back({place, value_at(block, place)});
    return Json::array({{{"block", params[1]}, {"changes", changes}}});
  }
  if (method == "author_submitExtrinsic") {
    const std::string extrinsic = unhex(params[0]);
    BITTENSOR_RETURN_IF_ERROR(take(extrinsic));
    return Json(hex(blake2b(extrinsic, 32)));
  }
  return absl::UnimplementedError(absl::StrCat("Method not found: ", method));
}

absl::StatusOr<Json> FakeChain::call(const std::string& method, const Json& params, TimePoint) {
  if (script) {
    if (auto scripted = script(method, params)) return *std::move(scripted);
  }
  MutexLock lock(mutex_);
  return answer(method, params);
}

absl::StatusOr<Json> FakeChain::next_head(std::uint64_t, TimePoint) {
  if (idle) return absl::DeadlineExceededError("no new block in time");
  MutexLock lock(mutex_);
  make_block_locked();
  return answer("chain_getHeader", {});
}

}  // namespace bittensor::testing
