// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/json_rpc.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxJsonValues = 1 << 18;
constexpr int kMaxJsonDepth = 64;
constexpr std::size_t kMaxErrorText = 400;  // of the node's words in an error of ours

// A small text can become a large tree, so its values are counted before there is one.
absl::Status check_size(absl::string_view text) {
  if (text.size() > kMaxRpcBytes) return absl::InvalidArgumentError("JSON: too long");
  std::size_t values = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == ',' || c == '[' || c == '{') ++values;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kMaxJsonDepth) return absl::InvalidArgumentError("JSON: nested too deep");
    if (values > kMaxJsonValues) return absl::InvalidArgumentError("JSON: too many values");
  }
  return absl::OkStatus();
}

std::string text_of(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', /*ensure_ascii=*/true,
                                                    Json::error_handler_t::replace);
  if (text.size() > kMaxErrorText) text.resize(kMaxErrorText);
  // It is shown on terminals.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

absl::Status error_of(const Json& error) {
  std::int64_t code = 0;
  std::string text;
  if (error.is_object()) {
    const auto number = error.find("code");
    if (number != error.end() && number->is_number_integer()) code = number->get<std::int64_t>();
    for (const char* part : {"message", "data"}) {
      const auto found = error.find(part);
      if (found == error.end() || found->is_null()) continue;
      absl::StrAppend(&text, text.empty() ? "" : ": ", text_of(*found));
    }
  } else {
    text = text_of(error);
  }
  text = absl::StrCat("the node answers ", text, code == 0 ? "" : absl::StrCat(" (", code, ")"));
  switch (code) {
    case -32601:
      return absl::UnimplementedError(text);
    case 1010:
      return absl::FailedPreconditionError(text);
    case 1012:  // banned for a while, since it was seen
    case 1013:
      return absl::AlreadyExistsError(text);
    case 1014:
      return absl::AbortedError(text);
    default:
      // Chopsticks has no codes.
      if (text.find("Method not found") != std::string::npos) return absl::UnimplementedError(text);
      return absl::InternalError(text);
  }
}

}  // namespace

absl::StatusOr<Json> parse_json(absl::string_view text) {
  BITTENSOR_RETURN_IF_ERROR(check_size(text));
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("the node's answer is no JSON");
  return json;
}

std::string rpc_request(std::uint64_t id, absl::string_view method, const Json& params) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", std::string(method)}, {"params", params}}
      .dump();
}

absl::StatusOr<RpcMessage> read_rpc_message(absl::string_view text) {
  BITTENSOR_ASSIGN_OR_RETURN(Json json, parse_json(text));
  const absl::Status no_message =
      absl::InvalidArgumentError("the node's answer is no message of JSON-RPC 2.0");
  if (!json.is_object()) return no_message;
  RpcMessage message;
  const auto id = json.find("id");
  if (id != json.end() && id->is_number_unsigned()) message.id = id->get<std::uint64_t>();
  if (const auto error = json.find("error"); error != json.end() && !error->is_null()) {
    message.result = error_of(*error);
    // The node did not understand what it was sent; it cannot say which call that was.
    if (!message.id.has_value()) return message.result.status();
    return message;
  }
  if (message.id.has_value()) {
    const auto result = json.find("result");
    if (result == json.end()) return no_message;
    message.result = std::move(*result);
    return message;
  }
  const auto params = json.find("params");
  if (params == json.end() || !params->is_object()) return no_message;
  const auto subscription = params->find("subscription");
  const auto result = params->find("result");
  if (subscription == params->end() || result == params->end()) return no_message;
  message.subscription = text_of(*subscription);
  message.result = std::move(*result);
  return message;
}

absl::StatusOr<std::uint64_t> number_of_header(const Json& header) {
  const absl::Status wrong = absl::InvalidArgumentError("the node's header has no number");
  if (!header.is_object()) return wrong;
  const auto number = header.find("number");
  if (number == header.end() || !number->is_string()) return wrong;
  const auto& text = number->get_ref<const std::string&>();
  if (text.size() < 3 || text.size() > 18 || text.compare(0, 2, "0x") != 0) return wrong;
  std::uint64_t value = 0;
  for (const char c : text.substr(2)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return wrong;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

}  // namespace bittensor
