// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/signer.h"
#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/scale_value.h"

namespace bittensor {

// An extrinsic is what a chain calls a transaction: a call, who pays for it, and a signature.

using CallArguments = std::vector<std::pair<std::string, ScaleValue>>;

// The call in SCALE, its arguments found by name. kNotFound if the runtime has no such call;
// kUnimplemented if it wants an argument that was not given, or does not know one that was: then
// the call means something else than it did.
absl::StatusOr<std::string> encode_call(const Metadata& metadata, absl::string_view pallet,
                                        absl::string_view name, const CallArguments& arguments);

// For how many blocks an extrinsic can be taken into the chain: those from `birth` on, before
// `birth` + `period`.
struct Era {
  std::uint64_t birth = 0;
  std::uint64_t period = 0;  // 0: for ever
  std::string encoded;       // 1 or 2 bytes

  static Era immortal() { return {0, 0, std::string(1, '\0')}; }
  // Begins at `block` or a little before. `period` is a power of two, 4 to 65,536.
  static Era mortal(std::uint64_t block, std::uint64_t period);
};

// What an extrinsic is signed for: one runtime of one chain, one time, one turn of its account.
struct SigningContext {
  std::uint32_t spec_version = 0;
  std::uint32_t transaction_version = 0;
  std::string genesis_hash;  // 32 bytes
  Era era = Era::immortal();
  std::string era_block_hash;  // of the block `era.birth`; the genesis hash for an immortal one
  std::uint32_t nonce = 0;
};

// The signed extrinsic (version 4), with its length. kUnimplemented if the runtime wants
// something signed or sent that is not known here.
absl::StatusOr<std::string> sign_extrinsic(const Metadata& metadata, absl::string_view call,
                                           const SigningContext& context, const Signer& signer);

// What a chain calls an extrinsic: 32 bytes.
std::string extrinsic_hash(absl::string_view extrinsic);

}  // namespace bittensor
