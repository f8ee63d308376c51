// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/json_rpc.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxJsonValues = 1 << 18;
constexpr int kMaxJsonDepth = 64;
constexpr std::size_t kMaxErrorText = 400;  // of the node's words in an error of ours

// Whether nothing in a string of JSON is special about `c`.
bool is_plain(char c) {
  return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

// Reads JSON (RFC 8259) with bounds on what it unfolds to. What is slow in the library's own
// reader is that it takes strings letter by letter, and a node's answers are megabytes of
// hexadecimal digits; numbers and unusual strings are left to it.
class JsonReader {
 public:
  explicit JsonReader(absl::string_view text) : text_(text) {}

  absl::StatusOr<Json> read() {
    Json json;
    if (text_.size() > kMaxRpcBytes) return absl::InvalidArgumentError("JSON: too long");
    if (read_value(json, 0)) {
      skip_space();
      if (at_ == text_.size()) return json;
    }
    if (!why_.empty()) return absl::InvalidArgumentError(absl::StrCat("JSON: ", why_));
    return absl::InvalidArgumentError("the node's answer is no JSON");
  }

 private:
  bool fail(absl::string_view why) {
    why_ = why;
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && absl::StrContains(" \t\r\n", text_[at_])) ++at_;
  }

  // Whether the next sign is `c`, which it goes past.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool read_value(Json& value, int depth) {
    if (depth > kMaxJsonDepth) return fail("nested too deep");
    if (++values_ > kMaxJsonValues) return fail("too many values");
    if (take('[')) return read_array(value, depth);
    if (take('{')) return read_object(value, depth);
    if (take('"')) {
      value = std::string();
      return read_string(value.get_ref<std::string&>());
    }
    return read_word(value);
  }

  bool read_array(Json& value, int depth) {
    value = Json::array();
    if (take(']')) return true;
    do {
      value.emplace_back();
      if (!read_value(value.back(), depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool read_object(Json& value, int depth) {
    value = Json::object();
    if (take('}')) return true;
    do {
      std::string key;
      if (!take('"') || !read_string(key) || !take(':')) return false;
      if (!read_value(value[std::move(key)], depth + 1)) return false;
    } while (take(','));
    return take('}');
  }

  // After its first quote.
  bool read_string(std::string& string) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      string.assign(text_.data() + begin, at_ - begin);
      ++at_;
      return true;
    }
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return false;
    ++at_;
    const Json parsed = parse_alone(begin - 1);
    if (!parsed.is_string()) return false;
    string = parsed.get<std::string>();
    return true;
  }

  // A number, true, false or null.
  bool read_word(Json& value) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  absl::StrContains("+-.", text_[at_]))) {
      ++at_;
    }
    value = parse_alone(begin);
    return !value.is_discarded();
  }

  // What stands from `begin` to here.
  Json parse_alone(std::size_t begin) const {
    const absl::string_view part = text_.substr(begin, at_ - begin);
    return Json::parse(part.begin(), part.end(), nullptr, /*allow_exceptions=*/false);
  }

  const absl::string_view text_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  absl::string_view why_;
};

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
  return JsonReader(text).read();
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
