// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/chain/subtensor/scale.h"

namespace bittensor {

using TypeId = std::uint32_t;

// The number of a type, as metadata writes it.
TypeId read_type_id(ScaleReader& reader);

// One type of a runtime, as its metadata describes it ("scale-info").
struct TypeDefinition {
  enum class Kind : std::uint8_t {  // with the numbers of scale-info
    kComposite = 0,
    kVariant = 1,
    kSequence = 2,
    kArray = 3,
    kTuple = 4,
    kPrimitive = 5,
    kCompact = 6,
    kBitSequence = 7,
  };
  enum class Primitive : std::uint8_t {
    kBool,
    kChar,
    kStr,
    kU8,
    kU16,
    kU32,
    kU64,
    kU128,
    kU256,
    kI8,
    kI16,
    kI32,
    kI64,
    kI128,
    kI256,
  };
  struct Field {
    std::string name;  // empty: by position
    TypeId type = 0;
  };
  struct Variant {
    std::string name;
    std::uint8_t index = 0;
    std::vector<Field> fields;
    std::string docs;  // the first line
  };

  Kind kind = Kind::kTuple;
  std::string name;               // the last part of the path, "AccountId32"; may be empty
  std::vector<Field> fields;      // of a composite or a tuple
  std::vector<Variant> variants;  // of a variant
  TypeId element = 0;             // of a sequence, an array, a compact; the store of bits
  std::uint32_t size = 0;         // of an array
  Primitive primitive = Primitive::kBool;

  // Null if there is none.
  const Variant* variant(absl::string_view variant_name) const;
  const Variant* variant(std::uint8_t index) const;
};

// The types of a runtime by number.
//
// Thread-safe: it does not change.
class TypeRegistry {
 public:
  // Reads it from metadata; the reader's status says what went wrong. Every number that a type
  // names is one of the registry.
  static TypeRegistry read(ScaleReader& reader);

  std::size_t size() const { return types_.size(); }
  const TypeDefinition& operator[](TypeId type) const { return types_[type]; }
  // Whether a value of the type takes no bytes: () and what is made of it.
  bool is_empty(TypeId type) const { return empty_[type]; }

 private:
  void find_empty_types();

  std::vector<TypeDefinition> types_;
  std::vector<bool> empty_;
};

}  // namespace bittensor
