// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/submitter.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/calls.h"
#include "bittensor/chain/subtensor/events.h"
#include "bittensor/chain/subtensor/refusal.h"
#include "bittensor/chain/subtensor/storage_key.h"

namespace bittensor {
namespace {

// How often a call takes a new turn before something must be wrong.
constexpr int kTurns = 5;
// Blocks that are looked at again: another branch of the chain may have won.
constexpr std::uint64_t kLookBack = 2;

TimePoint steady_now() {
  return std::chrono::steady_clock::now();
}

std::string short_hash(absl::string_view extrinsic) {
  return absl::BytesToHexString(extrinsic_hash(extrinsic)).substr(0, 12);
}

}  // namespace

absl::StatusOr<std::uint32_t> Submitter::nonce_on_chain(const AccountId& account,
                                                        const Node::Head& head,
                                                        TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  const Metadata& metadata = *runtime->metadata;
  BITTENSOR_ASSIGN_OR_RETURN(const StorageEntry* entry, metadata.storage("System", "Account"));
  BITTENSOR_ASSIGN_OR_RETURN(
      const std::string place,
      storage_key(metadata, "System", "Account", {ScaleValue::of_bytes(bytes_of(account))}));
  BITTENSOR_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             node_.storage(place, head.hash, deadline));
  if (!bytes.has_value()) return 0;
  ScaleReader reader(*bytes);
  const ScaleValue value = read_value(metadata.types(), entry->value, reader);
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t nonce, value.u64("nonce"));
  return static_cast<std::uint32_t>(nonce);
}

absl::StatusOr<Submitter::Signed> Submitter::sign(const ChainAction& action, const Signer& signer,
                                                  std::uint32_t nonce, TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(head.hash, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string call,
                             call_for(*runtime->metadata, action, signer.account));
  SigningContext context;
  context.spec_version = runtime->spec_version;
  context.transaction_version = runtime->transaction_version;
  context.genesis_hash = genesis_hash_;
  context.era = Era::mortal(head.number, options_.era_blocks);
  BITTENSOR_ASSIGN_OR_RETURN(context.era_block_hash, node_.block_hash(context.era.birth, deadline));
  context.nonce = nonce;
  BITTENSOR_ASSIGN_OR_RETURN(std::string extrinsic,
                             sign_extrinsic(*runtime->metadata, call, context, signer));
  return Signed{std::move(extrinsic), runtime->spec_version, head.number + 1,
                context.era.birth + context.era.period};
}

absl::StatusOr<Rao> Submitter::fee(const ChainAction& action, const Signer& signer,
                                   TimePoint deadline) {
  // A node that is asked for a price gets nothing that it could use.
  const Signer nobody{signer.scheme, signer.account,
                      [](absl::string_view) { return std::string(64, '\x01'); }};
  BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint32_t nonce,
                             nonce_on_chain(signer.account, head, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const Signed made, sign(action, nobody, nonce, deadline));
  ScaleWriter arguments;
  arguments.append(made.extrinsic);
  arguments.u32(static_cast<std::uint32_t>(made.extrinsic.size()));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string answer,
                             node_.runtime_call("TransactionPaymentApi_query_info",
                                                arguments.bytes(), head.hash, deadline));
  ScaleReader reader(answer);
  reader.compact();  // the weight: time
  reader.compact();  // and size of proof
  reader.u8();       // its class
  const absl::uint128 fee = reader.rest().size() == 16 ? reader.u128() : reader.u64();
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  if (absl::Uint128High64(fee) != 0) return absl::InvalidArgumentError("the fee is no amount");
  return absl::Uint128Low64(fee);
}

absl::Status Submitter::begin(const AccountId& account, TimePoint deadline) {
  MutexLock lock(mutex_);
  while (under_way_.count(account) > 0) {
    if (ended_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      return absl::DeadlineExceededError("another extrinsic of the account is still under way");
    }
  }
  under_way_.insert(account);
  return absl::OkStatus();
}

void Submitter::end(const AccountId& account) {
  {
    MutexLock lock(mutex_);
    under_way_.erase(account);
  }
  ended_.notify_all();
}

absl::StatusOr<Receipt> Submitter::look_for(const std::string& extrinsic, std::uint64_t block,
                                            TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const std::string hash, node_.block_hash(block, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<std::string> extrinsics,
                             node_.extrinsics(hash, deadline));
  const auto found = std::find(extrinsics.begin(), extrinsics.end(), extrinsic);
  if (found == extrinsics.end()) return absl::NotFoundError("not in this block");
  const auto index = static_cast<std::uint32_t>(found - extrinsics.begin());

  BITTENSOR_ASSIGN_OR_RETURN(const std::string parent, node_.block_hash(block - 1, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const auto runtime, runtimes_.at(parent, deadline));
  const Metadata& metadata = *runtime->metadata;
  BITTENSOR_ASSIGN_OR_RETURN(const std::string place, storage_key(metadata, "System", "Events"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             node_.storage(place, hash, deadline));
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<ChainEvent> events,
                             read_events(metadata, bytes.value_or(std::string(1, '\0'))));
  BITTENSOR_RETURN_IF_ERROR(outcome_of(metadata, events, index));
  Receipt receipt{block, hash, extrinsic_hash(extrinsic), {}};
  for (const ChainEvent& event : events) {
    if (event.extrinsic == index) {
      receipt.events.push_back(absl::StrCat(event.pallet, ".", event.name));
    }
  }
  return receipt;
}

absl::StatusOr<Receipt> Submitter::follow(const ChainAction& action, const Signer& signer,
                                          std::uint32_t nonce, TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(Signed made, sign(action, signer, nonce, deadline));
  std::uint64_t searched = made.first_block - 1;
  const auto search = [&](std::uint64_t from, std::uint64_t to) -> absl::StatusOr<Receipt> {
    for (std::uint64_t block = std::max(from, made.first_block); block <= to; ++block) {
      absl::StatusOr<Receipt> receipt = look_for(made.extrinsic, block, deadline);
      if (!absl::IsNotFound(receipt.status())) return receipt;
    }
    searched = to;
    return absl::NotFoundError("in none of these blocks");
  };
  bool hand_in = true;
  TimePoint handed_in{};
  while (true) {
    absl::Status refused;
    if (hand_in) {
      refused = node_.submit(made.extrinsic, deadline);
      if (absl::IsUnavailable(refused) || absl::IsDeadlineExceeded(refused)) return refused;
      // The node has it, or another one for the same turn: blocks will tell.
      if (absl::IsAlreadyExists(refused) || absl::IsAborted(refused)) refused = absl::OkStatus();
      handed_in = steady_now();
      hand_in = false;
    }
    absl::StatusOr<Node::Head> head =
        refused.ok()
            ? node_.next_head(searched, std::min(deadline, handed_in + options_.resend_after))
            : node_.head(deadline);
    if (absl::IsDeadlineExceeded(head.status())) {
      if (steady_now() >= deadline) {
        return absl::DeadlineExceededError(absl::StrCat("not in a block up to ", searched,
                                                        "; it may still come until block ",
                                                        made.last_block));
      }
      spdlog::info("chain: extrinsic {} is handed in again", short_hash(made.extrinsic));
      hand_in = true;
      continue;
    }
    BITTENSOR_RETURN_IF_ERROR(head.status());

    const std::uint64_t from = std::min(searched, head->number) + 1;
    absl::StatusOr<Receipt> receipt = search(from - std::min(from, kLookBack), head->number);
    if (!absl::IsNotFound(receipt.status())) return receipt;
    BITTENSOR_ASSIGN_OR_RETURN(const std::uint32_t on_chain,
                               nonce_on_chain(signer.account, *head, deadline));
    if (on_chain > nonce) {
      receipt = search(made.first_block, head->number);
      if (!absl::IsNotFound(receipt.status())) return receipt;
      return absl::AbortedError("another extrinsic of the account took its turn");
    }
    if (head->number > made.last_block) return absl::AbortedError("its time is over");
    if (refused.ok()) {
      hand_in = steady_now() >= handed_in + options_.resend_after;
      continue;
    }
    // Signed for a runtime that is no more, it can never be taken; then it is signed anew.
    BITTENSOR_ASSIGN_OR_RETURN(Signed again, sign(action, signer, nonce, deadline));
    if (again.spec_version == made.spec_version) return with_reason(refused);
    made = std::move(again);
    hand_in = true;
  }
}

absl::StatusOr<Receipt> Submitter::submit(const ChainAction& action, const Signer& signer,
                                          TimePoint deadline) {
  BITTENSOR_RETURN_IF_ERROR(begin(signer.account, deadline));
  const absl::Cleanup ended = [&] { end(signer.account); };
  absl::StatusOr<Receipt> receipt = absl::AbortedError("not tried");
  for (int i = 0; i < kTurns && absl::IsAborted(receipt.status()); ++i) {
    BITTENSOR_ASSIGN_OR_RETURN(const Node::Head head, node_.head(deadline));
    BITTENSOR_ASSIGN_OR_RETURN(const std::uint32_t nonce,
                               nonce_on_chain(signer.account, head, deadline));
    receipt = follow(action, signer, nonce, deadline);
  }
  return receipt;
}

}  // namespace bittensor
