// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/scale_value.h"

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

using Type = TypeDefinition;
using Primitive = TypeDefinition::Primitive;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxValues = 1 << 18;

// Bytes of a number; 0 for text, 32 for what is kept as bytes.
std::size_t width(Primitive primitive) {
  switch (primitive) {
    case Primitive::kBool:
    case Primitive::kU8:
    case Primitive::kI8:
      return 1;
    case Primitive::kU16:
    case Primitive::kI16:
      return 2;
    case Primitive::kChar:
    case Primitive::kU32:
    case Primitive::kI32:
      return 4;
    case Primitive::kU64:
    case Primitive::kI64:
      return 8;
    case Primitive::kU128:
    case Primitive::kI128:
      return 16;
    case Primitive::kU256:
    case Primitive::kI256:
      return 32;
    case Primitive::kStr:
      break;
  }
  return 0;
}

bool is_u8(const Type& type) {
  return type.kind == Type::Kind::kPrimitive && type.primitive == Primitive::kU8;
}

bool is_wrapper(const std::vector<Type::Field>& fields) {
  return fields.size() == 1 && fields[0].name.empty();
}

class Decoder {
 public:
  Decoder(const TypeRegistry& types, ScaleReader& reader) : types_(types), reader_(reader) {}

  ScaleValue read(TypeId id, int depth) {
    if (depth > kMaxDepth) reader_.fail("the value is nested too deep");
    if (++values_ > kMaxValues) reader_.fail("the value has too many parts");
    if (!reader_.ok() || id >= types_.size()) return {};
    const Type& type = types_[id];
    switch (type.kind) {
      case Type::Kind::kComposite:
      case Type::Kind::kTuple:
        if (is_wrapper(type.fields)) return read(type.fields[0].type, depth + 1);
        return fields(type.fields, depth);
      case Type::Kind::kVariant:
        return variant(type, depth);
      case Type::Kind::kSequence:
        if (is_u8(types_[type.element])) return ScaleValue::of_bytes(reader_.byte_string());
        return list(type.element, reader_.length(types_.is_empty(type.element) ? 0 : 1), depth);
      case Type::Kind::kArray:
        if (is_u8(types_[type.element])) return ScaleValue::of_bytes(reader_.take(type.size));
        return list(type.element, type.size, depth);
      case Type::Kind::kPrimitive:
        return primitive(type.primitive);
      case Type::Kind::kCompact:
        if (types_.is_empty(type.element)) return {};
        return ScaleValue::of_number(reader_.compact());
      case Type::Kind::kBitSequence:
        break;
    }
    reader_.fail("sequences of bits are not supported");
    return {};
  }

 private:
  ScaleValue primitive(Primitive primitive) {
    const std::size_t size = width(primitive);
    if (size == 0) return ScaleValue::of_bytes(reader_.byte_string());
    if (size == 32) return ScaleValue::of_bytes(reader_.take(32));
    if (primitive == Primitive::kBool) return ScaleValue::of_number(reader_.boolean() ? 1 : 0);
    ScaleReader number(reader_.take(size));
    switch (size) {
      case 1:
        return ScaleValue::of_number(number.u8());
      case 2:
        return ScaleValue::of_number(number.u16());
      case 4:
        return ScaleValue::of_number(number.u32());
      case 8:
        return ScaleValue::of_number(number.u64());
      default:
        return ScaleValue::of_number(number.u128());
    }
  }

  ScaleValue fields(const std::vector<Type::Field>& fields, int depth) {
    ScaleValue value;
    value.items.reserve(fields.size());
    for (const Type::Field& field : fields) {
      if (!field.name.empty()) value.names.push_back(field.name);
      value.items.push_back(read(field.type, depth + 1));
    }
    if (value.names.size() != value.items.size()) value.names.clear();
    return value;
  }

  ScaleValue list(TypeId element, std::size_t count, int depth) {
    ScaleValue value;
    for (std::size_t i = 0; i < count && reader_.ok(); ++i) {
      value.items.push_back(read(element, depth + 1));
    }
    return value;
  }

  ScaleValue variant(const Type& type, int depth) {
    const Type::Variant* const chosen = type.variant(reader_.u8());
    if (chosen == nullptr) {
      reader_.fail("a variant is unknown");
      return {};
    }
    ScaleValue value = fields(chosen->fields, depth);
    value.kind = ScaleValue::Kind::kVariant;
    value.name = chosen->name;
    return value;
  }

  const TypeRegistry& types_;
  ScaleReader& reader_;
  std::size_t values_ = 0;
};

class Encoder {
 public:
  Encoder(const TypeRegistry& types, ScaleWriter& writer) : types_(types), writer_(writer) {}

  absl::Status write(TypeId id, const ScaleValue& value, int depth) {
    if (depth > kMaxDepth || id >= types_.size()) return misfit("nested too deep", value);
    const Type& type = types_[id];
    switch (type.kind) {
      case Type::Kind::kComposite:
      case Type::Kind::kTuple:
        if (is_wrapper(type.fields)) return write(type.fields[0].type, value, depth + 1);
        if (value.kind != ScaleValue::Kind::kList) return misfit(type.name, value);
        return fields(type.fields, type.name, value, depth);
      case Type::Kind::kVariant:
        return variant(type, value, depth);
      case Type::Kind::kSequence:
        return list(type.element, value, /*sequence=*/true, depth);
      case Type::Kind::kArray: {
        const std::size_t size =
            value.kind == ScaleValue::Kind::kBytes ? value.bytes.size() : value.items.size();
        if (size != type.size) return misfit(absl::StrCat("an array of ", type.size), value);
        return list(type.element, value, /*sequence=*/false, depth);
      }
      case Type::Kind::kPrimitive:
        return primitive(type.primitive, value);
      case Type::Kind::kCompact:
        return compact(type.element, value);
      case Type::Kind::kBitSequence:
        break;
    }
    return misfit("a sequence of bits", value);
  }

 private:
  static absl::Status misfit(absl::string_view wanted, const ScaleValue& value) {
    constexpr absl::string_view kNames[] = {"a number", "bytes", "a list", "a variant"};
    return absl::InvalidArgumentError(absl::StrCat("SCALE: the runtime wants ", wanted, ", not ",
                                                   kNames[static_cast<int>(value.kind)]));
  }

  absl::Status number(std::size_t size, const ScaleValue& value) const {
    if (value.kind != ScaleValue::Kind::kNumber) return misfit("a number", value);
    if (size < 16 && (value.number >> (8 * size)) != 0) {
      return absl::InvalidArgumentError("SCALE: a number is too large for the runtime's type");
    }
    return absl::OkStatus();
  }

  absl::Status primitive(Primitive primitive, const ScaleValue& value) {
    const std::size_t size = width(primitive);
    if (size == 0 || size == 32) {
      if (value.kind != ScaleValue::Kind::kBytes || (size == 32 && value.bytes.size() != 32)) {
        return misfit(size == 0 ? "text" : "32 bytes", value);
      }
      size == 0 ? writer_.byte_string(value.bytes) : writer_.append(value.bytes);
      return absl::OkStatus();
    }
    BITTENSOR_RETURN_IF_ERROR(number(size, value));
    if (primitive == Primitive::kBool && value.number > 1) return misfit("yes or no", value);
    writer_.little_endian(value.number, size);
    return absl::OkStatus();
  }

  absl::Status compact(TypeId element, const ScaleValue& value) {
    if (types_.is_empty(element)) return absl::OkStatus();
    for (int depth = 0; depth < kMaxDepth && types_[element].fields.size() == 1; ++depth) {
      element = types_[element].fields[0].type;
    }
    const Type& type = types_[element];
    const std::size_t size = type.kind == Type::Kind::kPrimitive ? width(type.primitive) : 16;
    BITTENSOR_RETURN_IF_ERROR(number(size, value));
    writer_.compact(value.number);
    return absl::OkStatus();
  }

  absl::Status list(TypeId element, const ScaleValue& value, bool sequence, int depth) {
    if (is_u8(types_[element]) && value.kind == ScaleValue::Kind::kBytes) {
      sequence ? writer_.byte_string(value.bytes) : writer_.append(value.bytes);
      return absl::OkStatus();
    }
    if (value.kind != ScaleValue::Kind::kList) return misfit("a list", value);
    if (sequence) writer_.compact(value.items.size());
    for (const ScaleValue& item : value.items) {
      BITTENSOR_RETURN_IF_ERROR(write(element, item, depth + 1));
    }
    return absl::OkStatus();
  }

  absl::Status fields(const std::vector<Type::Field>& fields, absl::string_view name,
                      const ScaleValue& value, int depth) {
    if (fields.size() != value.items.size()) {
      return absl::InvalidArgumentError(absl::StrCat("SCALE: ", name, " has ", fields.size(),
                                                     " members, not ", value.items.size()));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const ScaleValue* const named = value.names.empty() ? nullptr : value.find(fields[i].name);
      if (!value.names.empty() && named == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("SCALE: ", name, " has a member ", fields[i].name, " that was not given"));
      }
      BITTENSOR_RETURN_IF_ERROR(
          write(fields[i].type, named == nullptr ? value.items[i] : *named, depth + 1));
    }
    return absl::OkStatus();
  }

  absl::Status variant(const Type& type, const ScaleValue& value, int depth) {
    const bool account = value.kind == ScaleValue::Kind::kBytes;
    if (!account && value.kind != ScaleValue::Kind::kVariant) return misfit(type.name, value);
    const Type::Variant* const chosen = type.variant(account ? "Id" : value.name);
    if (chosen == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("SCALE: ", type.name, " has no variant ", account ? "Id" : value.name));
    }
    writer_.u8(chosen->index);
    return fields(chosen->fields, chosen->name, account ? ScaleValue::of_list({value}) : value,
                  depth);
  }

  const TypeRegistry& types_;
  ScaleWriter& writer_;
};

}  // namespace

ScaleValue ScaleValue::of_number(absl::uint128 number) {
  ScaleValue value;
  value.kind = Kind::kNumber;
  value.number = number;
  return value;
}

ScaleValue ScaleValue::of_bytes(absl::string_view bytes) {
  ScaleValue value;
  value.kind = Kind::kBytes;
  value.bytes = std::string(bytes);
  return value;
}

ScaleValue ScaleValue::of_list(std::vector<ScaleValue> items) {
  ScaleValue value;
  value.items = std::move(items);
  return value;
}

ScaleValue ScaleValue::of_variant(std::string name, std::vector<ScaleValue> items) {
  ScaleValue value;
  value.kind = Kind::kVariant;
  value.name = std::move(name);
  value.items = std::move(items);
  return value;
}

const ScaleValue* ScaleValue::find(absl::string_view member) const {
  for (std::size_t i = 0; i < names.size() && i < items.size(); ++i) {
    if (names[i] == member) return &items[i];
  }
  return nullptr;
}

absl::StatusOr<std::uint64_t> ScaleValue::u64(absl::string_view member) const {
  const ScaleValue* const value = member.empty() ? this : find(member);
  if (value == nullptr || value->kind != Kind::kNumber || absl::Uint128High64(value->number) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the runtime's value has no number", member.empty() ? "" : " ", member, " of 64 bits"));
  }
  return absl::Uint128Low64(value->number);
}

ScaleValue read_value(const TypeRegistry& types, TypeId type, ScaleReader& reader) {
  return Decoder(types, reader).read(type, 0);
}

absl::Status write_value(const TypeRegistry& types, TypeId type, const ScaleValue& value,
                         ScaleWriter& writer) {
  return Encoder(types, writer).write(type, value, 0);
}

}  // namespace bittensor
