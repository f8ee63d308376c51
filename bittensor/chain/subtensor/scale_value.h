// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/subtensor/type_registry.h"

namespace bittensor {

// A value of a type that only the runtime's metadata knows.
//
// What is one thing is one value: bytes and text are kBytes, a struct with one nameless member
// is that member (so an account is its 32 bytes), numbers of all widths are kNumber.
struct ScaleValue {
  enum class Kind { kNumber, kBytes, kList, kVariant };

  Kind kind = Kind::kList;
  absl::uint128 number = 0;  // a truth value is 0 or 1; a negative one is modulo 2^width
  std::string bytes;
  std::string name;                // of the variant
  std::vector<std::string> names;  // of the items, if they have any: those of a struct
  std::vector<ScaleValue> items;   // of a list, a struct, a variant

  static ScaleValue of_number(absl::uint128 number);
  static ScaleValue of_bytes(absl::string_view bytes);
  static ScaleValue of_list(std::vector<ScaleValue> items);
  static ScaleValue of_variant(std::string name, std::vector<ScaleValue> items = {});
  template <typename Numbers>
  static ScaleValue of_numbers(const Numbers& numbers) {
    std::vector<ScaleValue> items;
    for (const auto number : numbers) items.push_back(of_number(number));
    return of_list(std::move(items));
  }

  // The member of that name, or null.
  const ScaleValue* find(absl::string_view member) const;
  // The number of that member, or this number if `member` is empty; kInvalidArgument if it is
  // missing, no number or above 64 bits.
  absl::StatusOr<std::uint64_t> u64(absl::string_view member = {}) const;

  friend bool operator==(const ScaleValue& a, const ScaleValue& b) {
    return a.kind == b.kind && a.number == b.number && a.bytes == b.bytes && a.name == b.name &&
           a.names == b.names && a.items == b.items;
  }
};

// Reads a value of `type`. What went wrong is in the reader's status: bytes that are no such
// value, a nesting of more than 64 levels, more than 262,144 values.
ScaleValue read_value(const TypeRegistry& types, TypeId type, ScaleReader& reader);

// Writes one. Where the runtime wants an address of several kinds (MultiAddress), 32 bytes are
// an account. kInvalidArgument says what of the value does not fit the type.
absl::Status write_value(const TypeRegistry& types, TypeId type, const ScaleValue& value,
                         ScaleWriter& writer);

}  // namespace bittensor
