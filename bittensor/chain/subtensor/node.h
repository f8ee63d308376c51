// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/rpc/rpc_client.h"

namespace bittensor {

// What a node of a Substrate chain is asked, in bytes in place of JSON. Hashes have 32 bytes.
// What an answer promises is checked: kUnavailable says what is wrong with it. Other errors are
// RpcClient's.
//
// Thread-safe. The client must outlive it.
class Node {
 public:
  explicit Node(RpcClient& client) : client_(client) {}

  // The hash of a block of the best chain; kNotFound if the node has none of that number.
  absl::StatusOr<std::string> block_hash(std::uint64_t number, TimePoint deadline) const;

  // The number of the best block, and its hash.
  struct Head {
    std::uint64_t number = 0;
    std::string hash;
  };
  absl::StatusOr<Head> head(TimePoint deadline) const;
  // As soon as it is not number `seen`.
  absl::StatusOr<Head> next_head(std::uint64_t seen, TimePoint deadline) const;

  struct RuntimeVersion {
    std::string name;
    std::uint32_t spec = 0;
    std::uint32_t transaction = 0;
  };
  absl::StatusOr<RuntimeVersion> runtime_version(const std::string& block,
                                                 TimePoint deadline) const;
  // In SCALE, with its magic.
  absl::StatusOr<std::string> metadata(const std::string& block, TimePoint deadline) const;

  // The value at each place, if there is one, in their order. Asked a thousand at a time.
  absl::StatusOr<std::vector<std::optional<std::string>>> storage(
      const std::vector<std::string>& places, const std::string& block, TimePoint deadline) const;
  absl::StatusOr<std::optional<std::string>> storage(const std::string& place,
                                                     const std::string& block,
                                                     TimePoint deadline) const;
  // All places that begin with `prefix`, in order. kUnavailable if there are more than `limit`.
  absl::StatusOr<std::vector<std::string>> places(const std::string& prefix, std::size_t limit,
                                                  const std::string& block,
                                                  TimePoint deadline) const;

  // A function of the runtime; arguments and result in SCALE.
  absl::StatusOr<std::string> runtime_call(const std::string& function, absl::string_view arguments,
                                           const std::string& block, TimePoint deadline) const;

  // The block's extrinsics, with their lengths.
  absl::StatusOr<std::vector<std::string>> extrinsics(const std::string& block,
                                                      TimePoint deadline) const;
  // Hands an extrinsic to the node's pool.
  absl::Status submit(absl::string_view extrinsic, TimePoint deadline) const;

 private:
  absl::StatusOr<std::string> bytes_from(const std::string& method, const Json& params,
                                         TimePoint deadline) const;
  absl::StatusOr<Head> head_of(const Json& header, TimePoint deadline) const;

  RpcClient& client_;
};

}  // namespace bittensor
