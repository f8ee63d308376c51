// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/calls.h"

#include <utility>

#include "bittensor/chain/subtensor/extrinsic.h"
#include "bittensor/chain/subtensor/hashes.h"

namespace bittensor {
namespace {

ScaleValue account(const AccountId& id) {
  return ScaleValue::of_bytes(bytes_of(id));
}

std::vector<std::uint16_t> uids_of(const ChainWeightRow& row) {
  std::vector<std::uint16_t> uids;
  for (const auto& weight : row) uids.push_back(weight.first);
  return uids;
}

std::vector<std::uint16_t> values_of(const ChainWeightRow& row) {
  std::vector<std::uint16_t> values;
  for (const auto& weight : row) values.push_back(weight.second);
  return values;
}

void write_list(ScaleWriter& writer, const std::vector<std::uint16_t>& numbers) {
  writer.compact(numbers.size());
  for (const std::uint16_t number : numbers) writer.u16(number);
}

struct Encode {
  const Metadata& metadata;
  const AccountId& signer;

  using Result = absl::StatusOr<std::string>;
  static ScaleValue number(absl::uint128 value) { return ScaleValue::of_number(value); }

  Result operator()(const BurnedRegistration& action) const {
    return encode_call(metadata, kSubtensor, "burned_register",
                       {{"netuid", number(action.netuid)}, {"hotkey", account(action.hotkey)}});
  }
  Result operator()(const WorkRegistration& action) const {
    return encode_call(metadata, kSubtensor, "register",
                       {{"netuid", number(action.netuid)},
                        {"block_number", number(action.block)},
                        {"nonce", number(action.nonce)},
                        {"work", ScaleValue::of_bytes(action.seal)},
                        {"hotkey", account(action.hotkey)},
                        {"coldkey", account(action.coldkey)}});
  }
  Result operator()(const AxonAnnouncement& action) const {
    const AxonInfo& axon = action.axon;
    return encode_call(metadata, kSubtensor, "serve_axon",
                       {{"netuid", number(action.netuid)},
                        {"version", number(axon.version)},
                        {"ip", number(axon.ip)},
                        {"port", number(axon.port)},
                        {"ip_type", number(axon.ip_type)},
                        {"protocol", number(axon.protocol)},
                        {"placeholder1", number(axon.placeholder1)},
                        {"placeholder2", number(axon.placeholder2)}});
  }
  Result operator()(const WeightsUpdate& action) const {
    return encode_call(metadata, kSubtensor, "set_weights",
                       {{"netuid", number(action.netuid)},
                        {"dests", ScaleValue::of_numbers(uids_of(action.weights))},
                        {"weights", ScaleValue::of_numbers(values_of(action.weights))},
                        {"version_key", number(action.version_key)}});
  }
  Result operator()(const WeightsCommit& action) const {
    if (metadata.call(kSubtensor, "commit_weights").status().code() ==
        absl::StatusCode::kNotFound) {
      return absl::UnimplementedError(
          "this runtime takes no commit of hidden weights by their hash (commit_weights), and one "
          "under a time lock cannot be made here");
    }
    const std::string hash = weights_commit_hash(signer, action.update, action.salt);
    return encode_call(
        metadata, kSubtensor, "commit_weights",
        {{"netuid", number(action.update.netuid)}, {"commit_hash", ScaleValue::of_bytes(hash)}});
  }
  Result operator()(const WeightsReveal& action) const {
    return encode_call(metadata, kSubtensor, "reveal_weights",
                       {{"netuid", number(action.update.netuid)},
                        {"uids", ScaleValue::of_numbers(uids_of(action.update.weights))},
                        {"values", ScaleValue::of_numbers(values_of(action.update.weights))},
                        {"salt", ScaleValue::of_numbers(action.salt)},
                        {"version_key", number(action.update.version_key)}});
  }
  Result operator()(const Transfer& action) const {
    return encode_call(metadata, "Balances", "transfer_keep_alive",
                       {{"dest", account(action.to)}, {"value", number(action.amount)}});
  }
};

}  // namespace

absl::StatusOr<std::string> call_for(const Metadata& metadata, const ChainAction& action,
                                     const AccountId& signer) {
  return std::visit(Encode{metadata, signer}, action);
}

std::string weights_commit_hash(const AccountId& hotkey, const WeightsUpdate& update,
                                const std::vector<std::uint16_t>& salt) {
  ScaleWriter writer;
  writer.append(bytes_of(hotkey));
  writer.u16(update.netuid);
  write_list(writer, uids_of(update.weights));
  write_list(writer, values_of(update.weights));
  write_list(writer, salt);
  writer.u64(update.version_key);
  return blake2b(writer.bytes(), 32);
}

}  // namespace bittensor
