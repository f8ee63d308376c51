// SPDX-License-Identifier: MIT
//
// Our codec as a program that answers questions, for chain_codec_test: one JSON object a line on
// standard input, one on standard output. `chain_codec METADATA`.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/hex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/extrinsic.h"
#include "bittensor/chain/subtensor/storage_key.h"

namespace bittensor {
namespace {

using Json = nlohmann::json;

std::string decimal(absl::uint128 number) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  return text;
}

absl::uint128 number_of(const std::string& text) {
  absl::uint128 number = 0;
  for (const char digit : text) number = number * 10 + static_cast<unsigned>(digit - '0');
  return number;
}

// {"n": "1"}, {"b": "00ff"}, {"l": [...]} or {"v": "Name", "l": [...]}, the last two with "f",
// names.
Json to_json(const ScaleValue& value) {
  if (value.kind == ScaleValue::Kind::kNumber) return {{"n", decimal(value.number)}};
  if (value.kind == ScaleValue::Kind::kBytes) return {{"b", absl::BytesToHexString(value.bytes)}};
  Json items = Json::array();
  for (const ScaleValue& item : value.items) items.push_back(to_json(item));
  Json json = {{"l", std::move(items)}};
  if (!value.names.empty()) json["f"] = value.names;
  if (value.kind == ScaleValue::Kind::kVariant) json["v"] = value.name;
  return json;
}

ScaleValue to_value(const Json& json) {
  if (json.contains("n")) return ScaleValue::of_number(number_of(json["n"]));
  if (json.contains("b")) {
    return ScaleValue::of_bytes(*hex_to_bytes(json["b"].get<std::string>()));
  }
  ScaleValue value;
  for (const Json& item : json["l"]) value.items.push_back(to_value(item));
  if (json.contains("f")) value.names = json["f"].get<std::vector<std::string>>();
  if (json.contains("v")) {
    value.kind = ScaleValue::Kind::kVariant;
    value.name = json["v"];
  }
  return value;
}

std::string unhex(const Json& json) {
  return *hex_to_bytes(json.get<std::string>());
}

absl::StatusOr<std::string> signed_by_seed(const Metadata& metadata, const Json& question) {
  const Wallet wallet = Wallet::from_seed(unhex(question["seed"])).value();
  SigningContext context;
  context.spec_version = question["spec_version"];
  context.transaction_version = question["transaction_version"];
  context.genesis_hash = unhex(question["genesis"]);
  context.nonce = question["nonce"];
  context.era_block_hash = unhex(question["era_block_hash"]);
  const std::uint64_t period = question["period"];
  if (period > 0) context.era = Era::mortal(question["block"], period);
  return sign_extrinsic(metadata, unhex(question["call"]), context, ed25519_signer(wallet));
}

absl::StatusOr<std::string> bytes_for(const Metadata& metadata, const Json& question) {
  const std::string what = question["do"];
  if (what == "encode") {
    ScaleWriter writer;
    BITTENSOR_RETURN_IF_ERROR(write_value(metadata.types(), question["type"].get<TypeId>(),
                                          to_value(question["value"]), writer));
    return writer.bytes();
  }
  if (what == "key") {
    std::vector<ScaleValue> keys;
    for (const Json& key : question["keys"]) keys.push_back(to_value(key));
    return storage_key(metadata, question["pallet"].get<std::string>(),
                       question["entry"].get<std::string>(), keys);
  }
  if (what == "call") {
    CallArguments arguments;
    for (const auto& [name, value] : question["arguments"].items()) {
      arguments.emplace_back(name, to_value(value));
    }
    return encode_call(metadata, question["pallet"].get<std::string>(),
                       question["name"].get<std::string>(), arguments);
  }
  return signed_by_seed(metadata, question);
}

absl::StatusOr<Json> answer(const Metadata& metadata, const Json& question) {
  if (question["do"] == "decode") {
    const std::string bytes = unhex(question["bytes"]);
    ScaleReader reader(bytes);
    const ScaleValue value = read_value(metadata.types(), question["type"].get<TypeId>(), reader);
    BITTENSOR_RETURN_IF_ERROR(reader.finish());
    return to_json(value);
  }
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, bytes_for(metadata, question));
  return Json(absl::BytesToHexString(bytes));
}

int run(const char* file_name) {
  std::ifstream file(file_name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto metadata = Metadata::read(bytes);
  if (!metadata.ok()) {
    std::fprintf(stderr, "chain_codec: %s\n", std::string(metadata.status().message()).c_str());
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const absl::StatusOr<Json> said = answer(**metadata, Json::parse(line));
    std::cout << (said.ok() ? *said : Json{{"error", std::string(said.status().message())}})
              << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  if (argc == 2) return bittensor::run(argv[1]);
  std::fprintf(stderr, "chain_codec METADATA\n");
  return 2;
}
