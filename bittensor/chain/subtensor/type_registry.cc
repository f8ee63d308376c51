// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/type_registry.h"

#include <algorithm>
#include <utility>

namespace bittensor {
namespace {

using Kind = TypeDefinition::Kind;

// The first of some lines.
std::string read_docs(ScaleReader& reader) {
  std::string first;
  const std::size_t count = reader.length(1);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    std::string line = reader.text();
    if (first.empty()) first = std::move(line);
  }
  return first;
}

TypeDefinition::Field read_field(ScaleReader& reader) {
  TypeDefinition::Field field;
  if (reader.boolean()) field.name = reader.text();
  field.type = read_type_id(reader);
  if (reader.boolean()) reader.byte_string();  // how the source names the type
  read_docs(reader);
  return field;
}

std::vector<TypeDefinition::Field> read_fields(ScaleReader& reader) {
  std::vector<TypeDefinition::Field> fields;
  const std::size_t count = reader.length(4);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) fields.push_back(read_field(reader));
  return fields;
}

std::vector<TypeDefinition::Variant> read_variants(ScaleReader& reader) {
  std::vector<TypeDefinition::Variant> variants;
  const std::size_t count = reader.length(4);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    TypeDefinition::Variant variant;
    variant.name = reader.text();
    variant.fields = read_fields(reader);
    variant.index = reader.u8();
    variant.docs = read_docs(reader);
    variants.push_back(std::move(variant));
  }
  return variants;
}

std::vector<TypeDefinition::Field> read_tuple(ScaleReader& reader) {
  std::vector<TypeDefinition::Field> fields;
  const std::size_t count = reader.length(1);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    fields.push_back({"", read_type_id(reader)});
  }
  return fields;
}

void read_definition(ScaleReader& reader, TypeDefinition& type) {
  const std::uint8_t kind = reader.u8();
  if (kind > static_cast<std::uint8_t>(Kind::kBitSequence)) return reader.fail("no kind of type");
  type.kind = static_cast<Kind>(kind);
  switch (type.kind) {
    case Kind::kComposite:
      type.fields = read_fields(reader);
      break;
    case Kind::kVariant:
      type.variants = read_variants(reader);
      break;
    case Kind::kArray:
      type.size = reader.u32();
      type.element = read_type_id(reader);
      break;
    case Kind::kTuple:
      type.fields = read_tuple(reader);
      break;
    case Kind::kPrimitive: {
      const std::uint8_t primitive = reader.u8();
      if (primitive > static_cast<std::uint8_t>(TypeDefinition::Primitive::kI256)) {
        return reader.fail("no primitive type");
      }
      type.primitive = static_cast<TypeDefinition::Primitive>(primitive);
      break;
    }
    case Kind::kSequence:
    case Kind::kCompact:
      type.element = read_type_id(reader);
      break;
    case Kind::kBitSequence:
      type.element = read_type_id(reader);
      read_type_id(reader);  // the order of the bits
      break;
  }
}

TypeDefinition read_type(ScaleReader& reader) {
  TypeDefinition type;
  const std::size_t path = reader.length(1);
  for (std::size_t i = 0; i < path && reader.ok(); ++i) type.name = reader.text();
  const std::size_t parameters = reader.length(2);
  for (std::size_t i = 0; i < parameters && reader.ok(); ++i) {
    reader.byte_string();
    if (reader.boolean()) read_type_id(reader);
  }
  read_definition(reader, type);
  read_docs(reader);
  return type;
}

bool names_only_types_below(const TypeDefinition& type, std::size_t count) {
  const auto known = [count](const TypeDefinition::Field& field) { return field.type < count; };
  return type.element < count && std::all_of(type.fields.begin(), type.fields.end(), known) &&
         std::all_of(type.variants.begin(), type.variants.end(), [&](const auto& variant) {
           return std::all_of(variant.fields.begin(), variant.fields.end(), known);
         });
}

}  // namespace

TypeId read_type_id(ScaleReader& reader) {
  const std::uint64_t type = reader.compact_u64();
  if (type >= 0xffffffff) reader.fail("the number of a type is too large");
  return static_cast<TypeId>(type);
}

const TypeDefinition::Variant* TypeDefinition::variant(absl::string_view variant_name) const {
  for (const Variant& candidate : variants) {
    if (candidate.name == variant_name) return &candidate;
  }
  return nullptr;
}

const TypeDefinition::Variant* TypeDefinition::variant(std::uint8_t index) const {
  for (const Variant& candidate : variants) {
    if (candidate.index == index) return &candidate;
  }
  return nullptr;
}

TypeRegistry TypeRegistry::read(ScaleReader& reader) {
  TypeRegistry registry;
  const std::size_t count = reader.length(5);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    if (read_type_id(reader) != i) reader.fail("the types are not in order");
    registry.types_.push_back(read_type(reader));
  }
  for (const TypeDefinition& type : registry.types_) {
    if (!names_only_types_below(type, count)) reader.fail("a type is missing");
  }
  if (reader.ok()) registry.find_empty_types();
  return registry;
}

void TypeRegistry::find_empty_types() {
  empty_.assign(types_.size(), false);
  const auto is_empty_now = [this](const TypeDefinition& type) {
    if (type.kind == Kind::kArray) return type.size == 0 || empty_[type.element];
    if (type.kind != Kind::kComposite && type.kind != Kind::kTuple) return false;
    return std::all_of(type.fields.begin(), type.fields.end(),
                       [this](const auto& field) { return empty_[field.type]; });
  };
  // Each pass finds what is made of what the one before found; no runtime nests deeper.
  for (int pass = 0; pass < 8; ++pass) {
    for (TypeId type = 0; type < types_.size(); ++type) empty_[type] = is_empty_now(types_[type]);
  }
}

}  // namespace bittensor
