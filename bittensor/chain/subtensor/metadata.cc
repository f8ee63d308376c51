// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/metadata.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::uint32_t kMagic = 0x6174656d;  // "meta"

void skip_docs(ScaleReader& reader) {
  const std::size_t count = reader.length(1);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) reader.byte_string();
}

// Version 16 says of each item whether it is deprecated: no, yes, or yes with a note and since
// when.
void skip_deprecation(ScaleReader& reader) {
  const std::uint8_t kind = reader.u8();
  if (kind > 2) reader.fail("no kind of deprecation");
  if (kind < 2) return;
  reader.byte_string();
  if (reader.boolean()) reader.byte_string();
}

// And of the variants of a type, by index.
void skip_deprecated_variants(ScaleReader& reader) {
  const std::size_t count = reader.length(2);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    reader.u8();
    skip_deprecation(reader);
  }
}

// The metadata names the keys of a map as one type: with several hashers, a tuple of as many.
void read_map(ScaleReader& reader, const TypeRegistry& types, StorageEntry& entry) {
  const std::size_t count = reader.length(1);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::uint8_t hasher = reader.u8();
    if (hasher > static_cast<std::uint8_t>(StorageHasher::kIdentity)) {
      return reader.fail("an unknown hasher");
    }
    entry.hashers.push_back(static_cast<StorageHasher>(hasher));
  }
  const TypeId key = read_type_id(reader);
  entry.value = read_type_id(reader);
  if (!reader.ok() || key >= types.size()) return reader.fail("a type is missing");
  if (entry.hashers.size() == 1) {
    entry.keys = {key};
    return;
  }
  for (const auto& field : types[key].fields) entry.keys.push_back(field.type);
  if (entry.keys.size() != entry.hashers.size()) reader.fail("a map has not a hasher for each key");
}

StorageEntry read_entry(ScaleReader& reader, const TypeRegistry& types, int version) {
  StorageEntry entry;
  entry.name = reader.text();
  entry.has_default = reader.u8() == 1;
  const std::uint8_t kind = reader.u8();
  if (kind > 1) reader.fail("no kind of storage");
  if (kind == 0) {
    entry.value = read_type_id(reader);
  } else {
    read_map(reader, types, entry);
  }
  entry.default_value = reader.text();
  skip_docs(reader);
  if (version >= 16) skip_deprecation(reader);
  return entry;
}

// Of calls, events or errors.
TypeId read_optional_type(ScaleReader& reader, int version) {
  if (!reader.boolean()) return Pallet::kNoType;
  const TypeId type = read_type_id(reader);
  if (version >= 16) skip_deprecated_variants(reader);
  return type;
}

void skip_inputs(ScaleReader& reader) {
  const std::size_t count = reader.length(2);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    reader.byte_string();
    read_type_id(reader);
  }
}

// Types that a pallet names, and functions that read its storage: version 16.
void skip_views(ScaleReader& reader) {
  const std::size_t types = reader.length(3);
  for (std::size_t i = 0; i < types && reader.ok(); ++i) {
    reader.byte_string();
    read_type_id(reader);
    skip_docs(reader);
  }
  const std::size_t functions = reader.length(37);
  for (std::size_t i = 0; i < functions && reader.ok(); ++i) {
    reader.take(32);
    reader.byte_string();
    skip_inputs(reader);
    read_type_id(reader);
    skip_docs(reader);
    skip_deprecation(reader);
  }
}

Pallet read_pallet(ScaleReader& reader, const TypeRegistry& types, int version) {
  Pallet pallet;
  pallet.name = reader.text();
  if (reader.boolean()) {
    pallet.storage_prefix = reader.text();
    const std::size_t count = reader.length(6);
    for (std::size_t i = 0; i < count && reader.ok(); ++i) {
      pallet.storage.push_back(read_entry(reader, types, version));
    }
  }
  pallet.calls = read_optional_type(reader, version);
  read_optional_type(reader, version);  // events: System.Events knows them
  const std::size_t constants = reader.length(4);
  for (std::size_t i = 0; i < constants && reader.ok(); ++i) {
    Pallet::Constant constant;
    constant.name = reader.text();
    constant.type = read_type_id(reader);
    constant.value = reader.text();
    skip_docs(reader);
    if (version >= 16) skip_deprecation(reader);
    pallet.constants.push_back(std::move(constant));
  }
  pallet.errors = read_optional_type(reader, version);
  if (version >= 16) skip_views(reader);
  pallet.index = reader.u8();
  if (version >= 15) skip_docs(reader);
  if (version >= 16) skip_deprecation(reader);
  return pallet;
}

std::vector<RuntimeMethod> read_methods(ScaleReader& reader, int version) {
  std::vector<RuntimeMethod> methods;
  const std::size_t apis = reader.length(3);
  for (std::size_t api = 0; api < apis && reader.ok(); ++api) {
    const std::string name = reader.text();
    const std::size_t count = reader.length(4);
    for (std::size_t i = 0; i < count && reader.ok(); ++i) {
      RuntimeMethod method;
      // A long name of the API is not to be copied for each of many methods.
      if (name.size() > 256) reader.fail("the name of an API is too long");
      method.name = absl::StrCat(name, "_", reader.byte_string());
      const std::size_t inputs = reader.length(2);
      for (std::size_t input = 0; input < inputs && reader.ok(); ++input) {
        reader.byte_string();
        method.inputs.push_back(read_type_id(reader));
      }
      method.output = read_type_id(reader);
      skip_docs(reader);
      if (version >= 16) skip_deprecation(reader);
      methods.push_back(std::move(method));
    }
    skip_docs(reader);
    if (version >= 16) {
      read_type_id(reader);  // the version of the API, a number in the same form
      skip_deprecation(reader);
    }
  }
  return methods;
}

// Which extensions, in order, extrinsics of a version have: a map of lists.
std::vector<std::uint32_t> read_used_extensions(ScaleReader& reader, int extrinsic_version) {
  std::vector<std::uint32_t> used;
  const std::size_t versions = reader.length(2);
  for (std::size_t i = 0; i < versions && reader.ok(); ++i) {
    const bool ours = reader.u8() == extrinsic_version;
    const std::size_t count = reader.length(1);
    for (std::size_t j = 0; j < count && reader.ok(); ++j) {
      const TypeId index = read_type_id(reader);  // a number in the same form
      if (ours) used.push_back(index);
    }
  }
  return used;
}

}  // namespace

void Metadata::read_extrinsic(ScaleReader& reader) {
  std::vector<std::uint32_t> used;  // of all extensions, those of extrinsics of our version
  if (version_ == 14) read_type_id(reader);
  if (version_ <= 15) {
    extrinsic_version_ = reader.u8();
  } else {
    read_extrinsic_versions(reader);
  }
  if (version_ >= 15) {
    address_type_ = read_type_id(reader);
    // Call and signature, and before version 16 all extensions as one.
    for (int i = version_ == 15 ? 0 : 1; i < 3; ++i) read_type_id(reader);
  }
  if (version_ >= 16) used = read_used_extensions(reader, extrinsic_version_);
  const std::size_t count = reader.length(3);
  std::vector<SignedExtension> all;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    SignedExtension extension;
    extension.name = reader.text();
    extension.type = read_type_id(reader);
    extension.implicit = read_type_id(reader);
    all.push_back(std::move(extension));
  }
  if (version_ <= 15) {
    extensions_ = std::move(all);
    return;
  }
  // Each at most once: a name of megabytes must not be copied as often as its number fits.
  std::vector<bool> taken(all.size());
  for (const std::uint32_t index : used) {
    if (index >= all.size()) return reader.fail("an extension is missing");
    if (taken[index]) return reader.fail("an extension comes twice");
    taken[index] = true;
    extensions_.push_back(std::move(all[index]));
  }
}

// The one that this client writes, if it is among them.
void Metadata::read_extrinsic_versions(ScaleReader& reader) {
  for (const char version : reader.byte_string()) {
    if (extrinsic_version_ != 4) extrinsic_version_ = static_cast<std::uint8_t>(version);
  }
}

void Metadata::read_body(ScaleReader& reader) {
  types_ = TypeRegistry::read(reader);
  const std::size_t count = reader.length(6);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    pallets_.push_back(read_pallet(reader, types_, version_));
  }
  read_extrinsic(reader);
  if (version_ <= 15) read_type_id(reader);  // of the runtime
  // What follows the methods is of no use here.
  if (version_ >= 15) methods_ = read_methods(reader, version_);
}

bool Metadata::is_consistent() const {
  const std::size_t count = types_.size();
  const auto known = [count](TypeId type) { return type < count; };
  const auto known_or_none = [count](TypeId type) {
    return type < count || type == Pallet::kNoType;
  };
  for (const Pallet& pallet : pallets_) {
    if (!known_or_none(pallet.calls) || !known_or_none(pallet.errors)) return false;
    for (const StorageEntry& entry : pallet.storage) {
      if (!known(entry.value) || !std::all_of(entry.keys.begin(), entry.keys.end(), known)) {
        return false;
      }
    }
    for (const Pallet::Constant& constant : pallet.constants) {
      if (!known(constant.type)) return false;
    }
  }
  if (!known_or_none(address_type_)) return false;
  for (const SignedExtension& extension : extensions_) {
    if (!known(extension.type) || !known(extension.implicit)) return false;
  }
  return std::all_of(methods_.begin(), methods_.end(), [&](const RuntimeMethod& method) {
    return known(method.output) && std::all_of(method.inputs.begin(), method.inputs.end(), known);
  });
}

absl::StatusOr<std::shared_ptr<const Metadata>> Metadata::read(absl::string_view bytes) {
  ScaleReader reader(bytes);
  if (reader.u32() != kMagic) return absl::InvalidArgumentError("these bytes are no metadata");
  auto metadata = std::make_shared<Metadata>();
  metadata->version_ = reader.u8();
  if (metadata->version_ < 14 || metadata->version_ > 16) {
    return absl::UnimplementedError(
        absl::StrCat("the node's metadata has version ", metadata->version_, ", not 14 to 16"));
  }
  metadata->read_body(reader);
  BITTENSOR_RETURN_IF_ERROR(reader.status());
  if (!metadata->is_consistent()) {
    return absl::InvalidArgumentError("metadata: it names a type that it does not have");
  }
  return std::shared_ptr<const Metadata>(std::move(metadata));
}

absl::StatusOr<const Pallet*> Metadata::pallet(absl::string_view name) const {
  for (const Pallet& pallet : pallets_) {
    if (pallet.name == name) return &pallet;
  }
  return absl::NotFoundError(absl::StrCat("this runtime has no pallet ", name));
}

const Pallet* Metadata::pallet(std::uint8_t index) const {
  for (const Pallet& pallet : pallets_) {
    if (pallet.index == index) return &pallet;
  }
  return nullptr;
}

absl::StatusOr<const StorageEntry*> Metadata::storage(absl::string_view pallet_name,
                                                      absl::string_view entry_name) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Pallet* found, pallet(pallet_name));
  for (const StorageEntry& entry : found->storage) {
    if (entry.name == entry_name) return &entry;
  }
  return absl::NotFoundError(
      absl::StrCat("this runtime has no storage ", pallet_name, ".", entry_name));
}

absl::StatusOr<const TypeDefinition::Variant*> Metadata::call(absl::string_view pallet_name,
                                                              absl::string_view name) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Pallet* found, pallet(pallet_name));
  const TypeDefinition::Variant* const call =
      found->calls == Pallet::kNoType ? nullptr : types_[found->calls].variant(name);
  if (call == nullptr) {
    return absl::NotFoundError(absl::StrCat("this runtime has no call ", pallet_name, ".", name));
  }
  return call;
}

const RuntimeMethod* Metadata::method(absl::string_view name) const {
  for (const RuntimeMethod& method : methods_) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::string Metadata::error_name(std::uint8_t pallet_index, std::uint8_t error) const {
  const Pallet* const found = pallet(pallet_index);
  const TypeDefinition::Variant* const variant =
      found == nullptr || found->errors == Pallet::kNoType ? nullptr
                                                           : types_[found->errors].variant(error);
  if (variant == nullptr) {
    return absl::StrCat("error ", error, " of pallet ", pallet_index, ", which has no name");
  }
  const std::string name = absl::StrCat(found->name, ".", variant->name);
  return variant->docs.empty() ? name : absl::StrCat(name, ": ", variant->docs);
}

}  // namespace bittensor
