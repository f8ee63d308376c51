// SPDX-License-Identifier: MIT
#include "text/tokenizer_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr absl::string_view kWordStart = "\xE2\x96\x81";  // U+2581
constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;

absl::Status wrong_type(const char* field, const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("tokenizer_config.json: ", field, " is not ", wanted));
}

absl::Status read_bool(const json& config, const char* field, bool& value) {
  const auto found = config.find(field);
  if (found == config.end() || found->is_null()) return absl::OkStatus();
  if (!found->is_boolean()) return wrong_type(field, "a boolean");
  value = found->get<bool>();
  return absl::OkStatus();
}

// A token is written as a string, or as an object with its string in "content".
absl::Status read_token(const json& config, const char* field, std::string& value) {
  auto found = config.find(field);
  if (found == config.end() || found->is_null()) return absl::OkStatus();
  const json* token = &*found;
  if (token->is_object() && token->contains("content")) token = &(*token)["content"];
  if (!token->is_string()) return wrong_type(field, "a token");
  value = token->get<std::string>();
  return absl::OkStatus();
}

bool is_bracketed(absl::string_view token) {
  if (token == "[PAD]" || token == "[UNK]" || token == "[CLS]" || token == "[SEP]" ||
      token == "[MASK]") {
    return true;
  }
  if (!absl::ConsumePrefix(&token, "[unused") || !absl::ConsumeSuffix(&token, "]")) return false;
  return !token.empty() && token.find_first_not_of("0123456789") == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<BertTokenizer::Options> parse_tokenizer_config(absl::string_view text) {
  const json config = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) {
    return absl::InvalidArgumentError("tokenizer_config.json: not a JSON object");
  }
  BertTokenizer::Options options;
  BITTENSOR_RETURN_IF_ERROR(read_bool(config, "do_lower_case", options.do_lower_case));
  BITTENSOR_RETURN_IF_ERROR(
      read_bool(config, "tokenize_chinese_chars", options.tokenize_chinese_chars));
  bool strip_accents = options.do_lower_case;
  BITTENSOR_RETURN_IF_ERROR(read_bool(config, "strip_accents", strip_accents));
  options.strip_accents = strip_accents;
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "unk_token", options.unk_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "sep_token", options.sep_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "pad_token", options.pad_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "cls_token", options.cls_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "mask_token", options.mask_token));
  return options;
}

absl::StatusOr<BertTokenizer> BertTokenizer::load(const std::string& path) {
  if (!std::filesystem::is_directory(path)) {
    BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary, BertVocabulary::load(path));
    return create(std::move(vocabulary), {});
  }
  BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary, BertVocabulary::load(path + "/vocab.txt"));
  Options options;
  const std::string config_path = path + "/tokenizer_config.json";
  if (std::ifstream file(config_path, std::ios::binary); file) {
    std::error_code error;
    if (std::filesystem::file_size(config_path, error) > kMaxConfigBytes || error) {
      return absl::InvalidArgumentError(absl::StrCat(config_path, ": too large"));
    }
    const std::string config(std::istreambuf_iterator<char>(file), {});
    BITTENSOR_ASSIGN_OR_RETURN(options, parse_tokenizer_config(config));
  }
  return create(std::move(vocabulary), std::move(options));
}

absl::StatusOr<std::string> vocab_txt_from_json(absl::string_view text) {
  const json tokens = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!tokens.is_array()) return absl::InvalidArgumentError("vocab.json: not a JSON array");
  std::string lines;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_string()) {
      return absl::InvalidArgumentError(absl::StrCat("vocab.json: entry ", i, " is not a string"));
    }
    const auto& entry = tokens[i].get_ref<const std::string&>();
    absl::string_view token = entry;
    if (i == 1) {
      lines += "[unused0]";  // the package uses its place for the mark itself
    } else if (is_bracketed(token) || absl::ConsumePrefix(&token, kWordStart)) {
      absl::StrAppend(&lines, token);
    } else {
      absl::StrAppend(&lines, "##", token);
    }
    lines += '\n';
  }
  return lines;
}

}  // namespace bittensor
