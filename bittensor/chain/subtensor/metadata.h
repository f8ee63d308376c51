// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/subtensor/type_registry.h"

namespace bittensor {

// The pallet that Bittensor is, beside those of every Substrate chain.
inline constexpr char kSubtensor[] = "SubtensorModule";

// How a part of a storage key is made of what it stands for.
enum class StorageHasher : std::uint8_t {  // with the numbers of the metadata
  kBlake2_128 = 0,
  kBlake2_256 = 1,
  kBlake2_128Concat = 2,
  kTwox128 = 3,
  kTwox256 = 4,
  kTwox64Concat = 5,
  kIdentity = 6,
};

// One item of a pallet's storage: a value, or a map of values.
struct StorageEntry {
  std::string name;
  bool has_default = false;            // otherwise an absent value is absent
  std::vector<StorageHasher> hashers;  // one a key; none for a plain value
  std::vector<TypeId> keys;            // as many
  TypeId value = 0;
  std::string default_value;  // SCALE of what an absent one stands for
};

struct Pallet {
  std::string name;
  std::uint8_t index = 0;
  std::string storage_prefix;
  std::vector<StorageEntry> storage;
  // Variants, one a call, an error; kNoType if it has none.
  static constexpr TypeId kNoType = 0xffffffff;
  TypeId calls = kNoType;
  TypeId errors = kNoType;
  struct Constant {
    std::string name;
    TypeId type = 0;
    std::string value;  // SCALE
  };
  std::vector<Constant> constants;
};

// One part of what is signed beside a call ("signed extension", "transaction extension").
struct SignedExtension {
  std::string name;
  TypeId type = 0;      // of what is sent
  TypeId implicit = 0;  // of what is signed and not sent
};

// One function of a runtime API, known from version 15 on.
struct RuntimeMethod {
  std::string name;  // "NeuronInfoRuntimeApi_get_neurons_lite"
  std::vector<TypeId> inputs;
  TypeId output = 0;
};

// What a runtime says of itself: everything is found by name in it, so that a runtime in which
// numbers moved is still understood.
//
// Thread-safe: it does not change.
class Metadata {
 public:
  // Reads version 14, 15 or 16, with its magic. kUnimplemented for another version,
  // kInvalidArgument for anything that is no metadata.
  static absl::StatusOr<std::shared_ptr<const Metadata>> read(absl::string_view bytes);

  int version() const { return version_; }
  const TypeRegistry& types() const { return types_; }
  int extrinsic_version() const { return extrinsic_version_; }
  const std::vector<SignedExtension>& extensions() const { return extensions_; }
  // How an extrinsic names its signer; kNoType if it is not said, before version 15.
  TypeId address_type() const { return address_type_; }

  // kNotFound, with the name, if the runtime has none.
  absl::StatusOr<const Pallet*> pallet(absl::string_view name) const;
  const Pallet* pallet(std::uint8_t index) const;
  absl::StatusOr<const StorageEntry*> storage(absl::string_view pallet,
                                              absl::string_view entry) const;
  absl::StatusOr<const TypeDefinition::Variant*> call(absl::string_view pallet,
                                                      absl::string_view name) const;
  const RuntimeMethod* method(absl::string_view name) const;  // null if not known

  // "SubtensorModule.NotEnoughStake: what the runtime's source says of it".
  std::string error_name(std::uint8_t pallet, std::uint8_t error) const;

 private:
  void read_body(ScaleReader& reader);
  void read_extrinsic(ScaleReader& reader);
  void read_extrinsic_versions(ScaleReader& reader);
  bool is_consistent() const;

  int version_ = 0;
  TypeRegistry types_;
  std::vector<Pallet> pallets_;
  int extrinsic_version_ = 0;
  TypeId address_type_ = Pallet::kNoType;
  std::vector<SignedExtension> extensions_;
  std::vector<RuntimeMethod> methods_;
};

}  // namespace bittensor
