// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/node.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "bittensor/base/hex.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kPage = 1000;  // what public nodes answer at once
constexpr std::size_t kHashBytes = 32;

absl::Status wrong(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("the node's answer is wrong: ", what));
}

std::string hex(absl::string_view bytes) {
  return absl::StrCat("0x", absl::BytesToHexString(bytes));
}

absl::StatusOr<std::string> unhex(const Json& value) {
  if (!value.is_string()) return wrong("no bytes");
  absl::string_view text = value.get_ref<const std::string&>();
  std::optional<std::string> bytes;
  if (absl::ConsumePrefix(&text, "0x")) bytes = hex_to_bytes(text);
  if (!bytes) return wrong("no bytes in hexadecimal");
  return *std::move(bytes);
}

absl::StatusOr<std::uint32_t> number_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned() ||
      found->get<std::uint64_t>() > 0xffffffff) {
    return wrong(absl::StrCat("no number ", name));
  }
  return found->get<std::uint32_t>();
}

}  // namespace

absl::StatusOr<std::string> Node::bytes_from(const std::string& method, const Json& params,
                                             TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json answer, client_.call(method, params, deadline));
  return unhex(answer);
}

absl::StatusOr<std::string> Node::block_hash(std::uint64_t number, TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json answer,
                             client_.call("chain_getBlockHash", Json::array({number}), deadline));
  if (answer.is_null()) {
    return absl::NotFoundError(absl::StrCat("the node has no block ", number));
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::string hash, unhex(answer));
  if (hash.size() != kHashBytes) return wrong("a block's hash has not 32 bytes");
  return hash;
}

absl::StatusOr<Node::Head> Node::head_of(const Json& header, TimePoint deadline) const {
  const absl::StatusOr<std::uint64_t> number = number_of_header(header);
  if (!number.ok()) return wrong(number.status().message());
  BITTENSOR_ASSIGN_OR_RETURN(std::string hash, block_hash(*number, deadline));
  return Head{*number, std::move(hash)};
}

absl::StatusOr<Node::Head> Node::head(TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json header,
                             client_.call("chain_getHeader", Json::array(), deadline));
  return head_of(header, deadline);
}

absl::StatusOr<Node::Head> Node::next_head(std::uint64_t seen, TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json header, client_.next_head(seen, deadline));
  return head_of(header, deadline);
}

absl::StatusOr<Node::RuntimeVersion> Node::runtime_version(const std::string& block,
                                                           TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json answer, client_.call("state_getRuntimeVersion",
                                                             Json::array({hex(block)}), deadline));
  if (!answer.is_object()) return wrong("no version of the runtime");
  RuntimeVersion version;
  const auto name = answer.find("specName");
  if (name != answer.end() && name->is_string()) version.name = name->get<std::string>();
  BITTENSOR_ASSIGN_OR_RETURN(version.spec, number_in(answer, "specVersion"));
  BITTENSOR_ASSIGN_OR_RETURN(version.transaction, number_in(answer, "transactionVersion"));
  return version;
}

absl::StatusOr<std::string> Node::metadata(const std::string& block, TimePoint deadline) const {
  return bytes_from("state_getMetadata", Json::array({hex(block)}), deadline);
}

absl::StatusOr<std::vector<std::optional<std::string>>> Node::storage(
    const std::vector<std::string>& places, const std::string& block, TimePoint deadline) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(places.size());
  for (std::size_t begin = 0; begin < places.size(); begin += kPage) {
    const std::size_t end = std::min(begin + kPage, places.size());
    Json keys = Json::array();
    for (std::size_t i = begin; i < end; ++i) keys.push_back(hex(places[i]));
    BITTENSOR_ASSIGN_OR_RETURN(
        const Json answer,
        client_.call("state_queryStorageAt", Json::array({keys, hex(block)}), deadline));
    const absl::Status form = wrong("not the values that were asked for");
    if (!answer.is_array() || answer.size() != 1 || !answer[0].is_object()) return form;
    const auto changes = answer[0].find("changes");
    if (changes == answer[0].end() || !changes->is_array() || changes->size() != keys.size()) {
      return form;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Json& change = (*changes)[i];
      if (!change.is_array() || change.size() != 2 || change[0] != keys[i]) return form;
      if (change[1].is_null()) {
        values.emplace_back();
        continue;
      }
      BITTENSOR_ASSIGN_OR_RETURN(std::string value, unhex(change[1]));
      values.emplace_back(std::move(value));
    }
  }
  return values;
}

absl::StatusOr<std::optional<std::string>> Node::storage(const std::string& place,
                                                         const std::string& block,
                                                         TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(
      const Json answer,
      client_.call("state_getStorage", Json::array({hex(place), hex(block)}), deadline));
  if (answer.is_null()) return std::optional<std::string>();
  BITTENSOR_ASSIGN_OR_RETURN(std::string value, unhex(answer));
  return std::optional<std::string>(std::move(value));
}

absl::StatusOr<std::vector<std::string>> Node::places(const std::string& prefix, std::size_t limit,
                                                      const std::string& block,
                                                      TimePoint deadline) const {
  std::vector<std::string> places;
  while (true) {
    const Json after = places.empty() ? Json() : Json(hex(places.back()));
    BITTENSOR_ASSIGN_OR_RETURN(
        const Json page,
        client_.call("state_getKeysPaged", Json::array({hex(prefix), kPage, after, hex(block)}),
                     deadline));
    if (!page.is_array() || page.size() > kPage) return wrong("no page of keys");
    for (const Json& key : page) {
      BITTENSOR_ASSIGN_OR_RETURN(std::string place, unhex(key));
      if (!absl::StartsWith(place, prefix) || (!places.empty() && place <= places.back())) {
        return wrong("keys that were not asked for, or not in order");
      }
      if (places.size() == limit) return wrong(absl::StrCat("more than ", limit, " keys"));
      places.push_back(std::move(place));
    }
    if (page.size() < kPage) return places;
  }
}

absl::StatusOr<std::string> Node::runtime_call(const std::string& function,
                                               absl::string_view arguments,
                                               const std::string& block, TimePoint deadline) const {
  return bytes_from("state_call", Json::array({function, hex(arguments), hex(block)}), deadline);
}

absl::StatusOr<std::vector<std::string>> Node::extrinsics(const std::string& block,
                                                          TimePoint deadline) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Json answer,
                             client_.call("chain_getBlock", Json::array({hex(block)}), deadline));
  const Json::json_pointer place("/block/extrinsics");
  if (!answer.is_object() || !answer.contains(place) || !answer[place].is_array()) {
    return wrong("no block");
  }
  std::vector<std::string> extrinsics;
  for (const Json& one : answer[place]) {
    BITTENSOR_ASSIGN_OR_RETURN(std::string extrinsic, unhex(one));
    extrinsics.push_back(std::move(extrinsic));
  }
  return extrinsics;
}

absl::Status Node::submit(absl::string_view extrinsic, TimePoint deadline) const {
  return client_.call("author_submitExtrinsic", Json::array({hex(extrinsic)}), deadline).status();
}

}  // namespace bittensor
