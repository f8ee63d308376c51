// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/extrinsic.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "bittensor/base/check.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/hashes.h"

namespace bittensor {
namespace {

// Longer ones are signed by their hash.
constexpr std::size_t kLongestPayload = 256;
constexpr char kSigned = '\x84';  // version 4, with a signature
constexpr char kNone = '\0';      // an Option without a value

// What one extension sends and what it only signs.
struct Extra {
  ScaleWriter sent;
  ScaleWriter implied;
};

bool is_option(const TypeDefinition& type) {
  return type.kind == TypeDefinition::Kind::kVariant && type.name == "Option";
}

// An extension that is not known here says nothing if it can.
absl::Status leave_out(const TypeRegistry& types, TypeId type, absl::string_view name,
                       ScaleWriter& writer) {
  if (types.is_empty(type)) return absl::OkStatus();
  if (!is_option(types[type])) {
    return absl::UnimplementedError(
        absl::StrCat("this runtime wants the extension ", name, ", which is not known here"));
  }
  writer.append({&kNone, 1});
  return absl::OkStatus();
}

absl::Status add_extension(const TypeRegistry& types, const SignedExtension& extension,
                           const SigningContext& context, Extra& extra) {
  const std::string& name = extension.name;
  if (name == "CheckSpecVersion") {
    extra.implied.u32(context.spec_version);
  } else if (name == "CheckTxVersion") {
    extra.implied.u32(context.transaction_version);
  } else if (name == "CheckGenesis") {
    extra.implied.append(context.genesis_hash);
  } else if (name == "CheckMortality") {
    extra.sent.append(context.era.encoded);
    extra.implied.append(context.era_block_hash);
  } else if (name == "CheckNonce") {
    extra.sent.compact(context.nonce);
  } else if (name == "ChargeTransactionPayment" || name == "ChargeTransactionPaymentWrapper") {
    extra.sent.compact(0);  // no tip
  } else if (name == "ChargeAssetTxPayment") {
    extra.sent.compact(0);
    extra.sent.append({&kNone, 1});  // paid in the chain's own coin
  } else if (name == "CheckMetadataHash") {
    extra.sent.u8(0);  // the hash is not checked
    extra.implied.append({&kNone, 1});
  } else {
    BITTENSOR_RETURN_IF_ERROR(leave_out(types, extension.type, name, extra.sent));
    BITTENSOR_RETURN_IF_ERROR(leave_out(types, extension.implicit, name, extra.implied));
  }
  return absl::OkStatus();
}

// As MultiAddress, unless the runtime says that it wants an account alone.
absl::Status write_address(const Metadata& metadata, const AccountId& account,
                           ScaleWriter& writer) {
  const ScaleValue address = ScaleValue::of_bytes(bytes_of(account));
  if (metadata.address_type() != Pallet::kNoType) {
    return write_value(metadata.types(), metadata.address_type(), address, writer);
  }
  writer.u8(0);  // MultiAddress::Id
  writer.append(address.bytes);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> encode_call(const Metadata& metadata, absl::string_view pallet,
                                        absl::string_view name, const CallArguments& arguments) {
  BITTENSOR_ASSIGN_OR_RETURN(const TypeDefinition::Variant* call, metadata.call(pallet, name));
  ScaleWriter writer;
  writer.u8(metadata.pallet(pallet).value()->index);
  writer.u8(call->index);
  for (const auto& field : call->fields) {
    const auto given = std::find_if(arguments.begin(), arguments.end(),
                                    [&](const auto& one) { return one.first == field.name; });
    if (given == arguments.end()) {
      return absl::UnimplementedError(absl::StrCat("this runtime's call ", pallet, ".", name,
                                                   " wants \"", field.name, "\" too"));
    }
    const absl::Status status = write_value(metadata.types(), field.type, given->second, writer);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("\"", field.name, "\" of ", pallet, ".", name,
                                                      ": ", status.message()));
    }
  }
  for (const auto& [argument, value] : arguments) {
    if (std::none_of(call->fields.begin(), call->fields.end(),
                     [&name = argument](const auto& field) { return field.name == name; })) {
      return absl::UnimplementedError(absl::StrCat("this runtime's call ", pallet, ".", name,
                                                   " does not know \"", argument, "\""));
    }
  }
  return writer.bytes();
}

Era Era::mortal(std::uint64_t block, std::uint64_t period) {
  BITTENSOR_CHECK(period >= 4 && period <= 65536 && (period & (period - 1)) == 0) << period;
  const std::uint64_t quantum = std::max<std::uint64_t>(period >> 12, 1);
  const std::uint64_t phase = block % period / quantum * quantum;
  int log = 0;
  while ((std::uint64_t{1} << log) < period) ++log;
  ScaleWriter writer;
  writer.u16(static_cast<std::uint16_t>(std::clamp(log - 1, 1, 15) | (phase / quantum) << 4));
  return {block - block % period + phase, period, writer.bytes()};
}

absl::StatusOr<std::string> sign_extrinsic(const Metadata& metadata, absl::string_view call,
                                           const SigningContext& context, const Signer& signer) {
  if (metadata.extrinsic_version() != 4) {
    return absl::UnimplementedError(absl::StrCat("this runtime wants extrinsics of version ",
                                                 metadata.extrinsic_version(), ", not 4"));
  }
  Extra extra;
  for (const SignedExtension& extension : metadata.extensions()) {
    BITTENSOR_RETURN_IF_ERROR(add_extension(metadata.types(), extension, context, extra));
  }
  std::string payload = absl::StrCat(call, extra.sent.bytes(), extra.implied.bytes());
  if (payload.size() > kLongestPayload) payload = blake2b(payload, 32);

  ScaleWriter body;
  body.append({&kSigned, 1});
  BITTENSOR_RETURN_IF_ERROR(write_address(metadata, signer.account, body));
  body.u8(static_cast<std::uint8_t>(signer.scheme));
  body.append(signer.sign(payload));
  body.append(extra.sent.bytes());
  body.append(call);
  ScaleWriter extrinsic;
  extrinsic.byte_string(body.bytes());
  return extrinsic.bytes();
}

std::string extrinsic_hash(absl::string_view extrinsic) {
  return blake2b(extrinsic, 32);
}

}  // namespace bittensor
