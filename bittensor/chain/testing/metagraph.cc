// SPDX-License-Identifier: MIT
#include "bittensor/chain/testing/metagraph.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

#include "bittensor/chain/subtensor/hashes.h"
#include "bittensor/chain/subtensor/type_registry.h"

namespace bittensor::testing {
namespace {

using Kind = TypeDefinition::Kind;
using Primitive = TypeDefinition::Primitive;

// Types that are added behind those of a runtime.
class AddedTypes {
 public:
  explicit AddedTypes(TypeId first) : next_(first) {}

  TypeId primitive(Primitive which) {
    begin(Kind::kPrimitive, "");
    types_.u8(static_cast<std::uint8_t>(which));
    return end();
  }
  TypeId of(Kind kind, TypeId element) {  // a sequence or a compact number
    begin(kind, "");
    types_.compact(element);
    return end();
  }
  TypeId bytes32() {
    const TypeId u8 = primitive(Primitive::kU8);
    begin(Kind::kArray, "");
    types_.u32(32);
    types_.compact(u8);
    return composite("AccountId32", {{"", end()}});
  }
  TypeId composite(const char* name, const std::vector<std::pair<std::string, TypeId>>& fields) {
    begin(Kind::kComposite, name);
    add(fields);
    return end();
  }
  TypeId tuple(TypeId first, TypeId second) {
    begin(Kind::kTuple, "");
    types_.compact(2);
    types_.compact(first);
    types_.compact(second);
    return end();
  }
  TypeId option(TypeId some) {
    begin(Kind::kVariant, "Option");
    types_.compact(2);
    types_.byte_string("None");
    add({});
    types_.u8(0);
    types_.compact(0);
    types_.byte_string("Some");
    add({{"", some}});
    types_.u8(1);
    types_.compact(0);
    return end();
  }

  TypeId next() const { return next_; }
  const std::string& bytes() const { return types_.bytes(); }

 private:
  void begin(Kind kind, const char* name) {
    types_.compact(next_);
    types_.compact(*name == '\0' ? 0 : 1);
    if (*name != '\0') types_.byte_string(name);
    types_.compact(0);  // parameters
    types_.u8(static_cast<std::uint8_t>(kind));
  }
  void add(const std::vector<std::pair<std::string, TypeId>>& fields) {
    types_.compact(fields.size());
    for (const auto& [name, type] : fields) {
      types_.boolean(!name.empty());
      if (!name.empty()) types_.byte_string(name);
      types_.compact(type);
      types_.boolean(false);  // the name of its type
      types_.compact(0);      // its docs
    }
  }
  TypeId end() {
    types_.compact(0);  // docs
    return next_++;
  }

  ScaleWriter types_;
  TypeId next_;
};

std::vector<std::pair<std::string, char>> members_of(const std::string& members) {
  std::vector<std::pair<std::string, char>> result;
  for (const absl::string_view one : absl::StrSplit(members, ' ')) {
    result.emplace_back(std::string(one.substr(0, one.size() - 2)), one.back());
  }
  return result;
}

TypeId add_metagraph(AddedTypes& types, const std::string& members) {
  const auto list = [&](TypeId element) { return types.of(Kind::kSequence, element); };
  const TypeId u8 = types.primitive(Primitive::kU8);
  const TypeId u16 = types.primitive(Primitive::kU16);
  const TypeId u32 = types.primitive(Primitive::kU32);
  const TypeId u64 = types.primitive(Primitive::kU64);
  const TypeId u128 = types.primitive(Primitive::kU128);
  const TypeId boolean = types.primitive(Primitive::kBool);
  const TypeId account = types.bytes32();
  const TypeId number = types.of(Kind::kCompact, types.composite("AlphaBalance", {{"", u64}}));
  const TypeId text = list(u8);
  const TypeId identity =
      types.option(types.composite("Identity", {{"name", text}, {"url", text}}));
  const TypeId axon = types.composite("AxonInfo", {{"block", u64},
                                                   {"version", u32},
                                                   {"ip", u128},
                                                   {"port", u16},
                                                   {"ip_type", u8},
                                                   {"protocol", u8},
                                                   {"placeholder1", u8},
                                                   {"placeholder2", u8}});
  const auto type_of = [&](char kind) {
    switch (kind) {
      case 'a':
        return account;
      case 'A':
        return list(account);
      case 'b':
        return boolean;
      case 'B':
        return list(boolean);
      case 'c':
        return number;
      case 'C':
        return list(number);
      case 'D':
        return list(types.tuple(account, number));
      case 'i':
        return types.composite("FixedI128", {{"bits", types.primitive(Primitive::kI128)}});
      case 'o':
        return identity;
      case 'O':
        return list(identity);
      case 'T':
        return list(types.of(Kind::kCompact, u8));
      case 'u':
        return types.of(Kind::kCompact, u128);
      default:
        return list(axon);
    }
  };
  std::vector<std::pair<std::string, TypeId>> fields;
  for (const auto& [name, kind] : members_of(members)) fields.emplace_back(name, type_of(kind));
  return types.option(types.composite("Metagraph", fields));
}

std::string account(const char* what, std::uint16_t uid) {
  ScaleWriter number;
  number.u16(uid);
  return blake2b(what + number.bytes(), 32);
}

void add_axon(ScaleWriter& writer, std::uint16_t uid) {
  writer.u64(900);
  writer.u32(1);
  writer.u128(0x0a000000u + uid);
  writer.u16(8091);
  for (const int byte : {4, 0, 0, 0}) writer.u8(static_cast<std::uint8_t>(byte));
}

std::uint64_t number_of(const std::string& name, std::uint16_t uid) {
  if (name == "emission") return 7'000'000'000;
  if (name == "incentives") return uid;
  if (name == "last_update") return 1000u + uid;
  if (name == "block_at_registration") return uid;
  return 0;
}

void add_list(ScaleWriter& writer, const std::string& name, char kind, std::uint16_t count) {
  writer.compact(count);
  for (std::uint16_t uid = 0; uid < count; ++uid) {
    if (kind == 'A' || kind == 'D') {
      writer.append(account(name == "coldkeys" ? "coldkey" : "hotkey", uid));
    }
    if (kind == 'B') writer.boolean(name == "active" || uid < 64);
    if (kind == 'C') writer.compact(number_of(name, uid));
    if (kind == 'D') writer.compact(uid);
    if (kind == 'O') writer.boolean(false);
    if (kind == 'X') add_axon(writer, uid);
  }
}

}  // namespace

const char kMetagraphMembers[] =
    "netuid:c name:T symbol:T identity:o network_registered_at:c owner_hotkey:a owner_coldkey:a "
    "block:c tempo:c last_step:c blocks_since_last_step:c subnet_emission:c alpha_in:c alpha_out:c "
    "tao_in:c alpha_out_emission:c alpha_in_emission:c tao_in_emission:c pending_alpha_emission:c "
    "pending_root_emission:c subnet_volume:u moving_price:i rho:c kappa:c min_allowed_weights:c "
    "max_weights_limit:c weights_version:c weights_rate_limit:c activity_cutoff:c max_validators:c "
    "num_uids:c max_uids:c burn:c difficulty:c registration_allowed:b pow_registration_allowed:b "
    "immunity_period:c min_difficulty:c max_difficulty:c min_burn:c max_burn:c adjustment_alpha:c "
    "adjustment_interval:c target_regs_per_interval:c max_regs_per_block:c serving_rate_limit:c "
    "commit_reveal_weights_enabled:b commit_reveal_period:c liquid_alpha_enabled:b alpha_high:c "
    "alpha_low:c bonds_moving_avg:c hotkeys:A coldkeys:A identities:O axons:X active:B "
    "validator_permit:B pruning_score:C last_update:C emission:C dividends:C incentives:C "
    "consensus:C trust:C rank:C block_at_registration:C alpha_stake:C tao_stake:C total_stake:C "
    "tao_dividends_per_hotkey:D alpha_dividends_per_hotkey:D";

std::string with_get_metagraph(const std::string& metadata, const std::string& members) {
  constexpr std::size_t kHeader = 5;  // magic and version
  ScaleReader reader(absl::string_view(metadata).substr(kHeader));
  const TypeRegistry known = TypeRegistry::read(reader);
  const std::string behind(reader.rest());
  ScaleReader count(absl::string_view(metadata).substr(kHeader));
  count.compact();
  const std::string types(count.rest().substr(0, count.rest().size() - behind.size()));
  AddedTypes added(static_cast<TypeId>(known.size()));
  const TypeId u16 = added.primitive(Primitive::kU16);
  const TypeId output = add_metagraph(added, members);

  ScaleWriter method;
  method.byte_string("get_metagraph");
  method.compact(1);
  method.byte_string("netuid");
  method.compact(u16);
  method.compact(output);
  method.compact(0);  // docs
  ScaleWriter api;    // as the first method of the API that is there
  api.byte_string("SubnetInfoRuntimeApi");
  const std::size_t methods = behind.find(api.bytes()) + api.bytes().size();
  ScaleReader tail(absl::string_view(behind).substr(methods));
  const std::uint64_t before = tail.compact_u64();

  ScaleWriter all;
  all.append(absl::string_view(metadata).substr(0, kHeader));
  all.compact(added.next());
  all.append(types);
  all.append(added.bytes());
  all.append(absl::string_view(behind).substr(0, methods));
  all.compact(before + 1);
  all.append(method.bytes());
  all.append(tail.rest());
  return all.bytes();
}

std::string metagraph(std::uint16_t netuid, std::uint16_t count, const std::string& members) {
  ScaleWriter writer;
  writer.boolean(true);
  for (const auto& [name, kind] : members_of(members)) {
    switch (kind) {
      case 'a':
        writer.append(account("owner", 0));
        break;
      case 'b':
      case 'o':
        writer.boolean(false);
        break;
      case 'c':
      case 'u':
        writer.compact(name == "netuid" ? netuid : 300);
        break;
      case 'i':
        writer.u128(1);
        break;
      case 'T':
        writer.compact(1);
        writer.compact('s');
        break;
      default:
        add_list(writer, name, kind, count);
    }
  }
  return writer.bytes();
}

}  // namespace bittensor::testing
