// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/storage_key.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/hashes.h"

namespace bittensor {
namespace {

std::string hashed(StorageHasher hasher, absl::string_view key) {
  switch (hasher) {
    case StorageHasher::kBlake2_128:
      return blake2b(key, 16);
    case StorageHasher::kBlake2_256:
      return blake2b(key, 32);
    case StorageHasher::kBlake2_128Concat:
      return absl::StrCat(blake2b(key, 16), key);
    case StorageHasher::kTwox128:
      return twox(key, 16);
    case StorageHasher::kTwox256:
      return twox(key, 32);
    case StorageHasher::kTwox64Concat:
      return absl::StrCat(twox(key, 8), key);
    case StorageHasher::kIdentity:
      break;
  }
  return std::string(key);
}

// Bytes in front of the key itself; more than there are if it is not kept.
std::size_t hash_size(StorageHasher hasher) {
  switch (hasher) {
    case StorageHasher::kBlake2_128Concat:
      return 16;
    case StorageHasher::kTwox64Concat:
      return 8;
    case StorageHasher::kIdentity:
      return 0;
    default:
      return absl::string_view::npos;
  }
}

}  // namespace

absl::StatusOr<std::string> storage_key(const Metadata& metadata, absl::string_view pallet,
                                        absl::string_view entry,
                                        const std::vector<ScaleValue>& keys) {
  BITTENSOR_ASSIGN_OR_RETURN(const Pallet* owner, metadata.pallet(pallet));
  BITTENSOR_ASSIGN_OR_RETURN(const StorageEntry* found, metadata.storage(pallet, entry));
  if (keys.size() > found->keys.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(pallet, ".", entry, " has ", found->keys.size(), " keys, not ", keys.size()));
  }
  std::string place = absl::StrCat(twox(owner->storage_prefix, 16), twox(entry, 16));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ScaleWriter key;
    BITTENSOR_RETURN_IF_ERROR(write_value(metadata.types(), found->keys[i], keys[i], key));
    place += hashed(found->hashers[i], key.bytes());
  }
  return place;
}

absl::StatusOr<ScaleValue> last_key_of(const Metadata& metadata, const StorageEntry& entry,
                                       absl::string_view prefix, absl::string_view place) {
  const std::size_t hash =
      entry.hashers.empty() ? absl::string_view::npos : hash_size(entry.hashers.back());
  if (!absl::StartsWith(place, prefix) || hash > place.size() - prefix.size()) {
    return absl::InvalidArgumentError(absl::StrCat("not a place of ", entry.name));
  }
  ScaleReader reader(place.substr(prefix.size() + hash));
  ScaleValue key = read_value(metadata.types(), entry.keys.back(), reader);
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return key;
}

}  // namespace bittensor
