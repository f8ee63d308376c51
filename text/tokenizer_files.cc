// SPDX-License-Identifier: MIT
#include "text/tokenizer_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "text/tokenizer_json.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr absl::string_view kWordStart = "\xE2\x96\x81";  // U+2581
constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;

constexpr char kJson[] = "tokenizer.json";
constexpr char kVocabulary[] = "vocab.txt";
constexpr char kConfig[] = "tokenizer_config.json";
constexpr char kAdded[] = "added_tokens.json";
constexpr char kNames[] = "special_tokens_map.json";

// Those that cut words as BERT's does, without "Fast" at the end.
constexpr absl::string_view kClasses[] = {
    "BertTokenizer",      "BasicTokenizer",       "ConvBertTokenizer",   "DistilBertTokenizer",
    "ElectraTokenizer",   "LayoutLMTokenizer",    "LxmertTokenizer",     "MobileBertTokenizer",
    "RetriBertTokenizer", "SqueezeBertTokenizer", "PreTrainedTokenizer", "TokenizersBackend"};

// Whether tokenizer.json alone says how text is cut.
bool is_general_class(absl::string_view name) {
  return name == "PreTrainedTokenizerFast" || name == "TokenizersBackend";
}

absl::Status in_file(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

absl::StatusOr<std::string> read_text(const std::string& path, std::size_t max_bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::string text;
  char piece[65536];
  while (file.read(piece, sizeof piece) || file.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": it has more than ", max_bytes, " bytes"));
    }
  }
  if (file.bad()) return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
  if (absl::StartsWith(text, "version https://git-lfs")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a pointer of Git LFS, not the file; `git lfs pull` fetches it"));
  }
  const std::string start = absl::AsciiStrToLower(text.substr(0, 16));
  if (absl::StartsWith(start, "<!doctype html") || absl::StartsWith(start, "<html")) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": a web page, not the file"));
  }
  return text;
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

absl::Status wrong_type(absl::string_view field, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is not ", wanted));
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
  const auto found = config.find(field);
  if (found == config.end() || found->is_null()) return absl::OkStatus();
  const json* token = &*found;
  if (token->is_object() && token->contains("content")) token = &(*token)["content"];
  if (!token->is_string()) return wrong_type(field, "a token");
  value = token->get<std::string>();
  return absl::OkStatus();
}

absl::Status read_tokens(const json& config, BertTokenizer::Options& options) {
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "unk_token", options.unk_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "sep_token", options.sep_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "pad_token", options.pad_token));
  BITTENSOR_RETURN_IF_ERROR(read_token(config, "cls_token", options.cls_token));
  return read_token(config, "mask_token", options.mask_token);
}

absl::Status read_rules(const json& config, BertTokenizer::Options& options) {
  BITTENSOR_RETURN_IF_ERROR(read_bool(config, "do_lower_case", options.do_lower_case));
  BITTENSOR_RETURN_IF_ERROR(
      read_bool(config, "tokenize_chinese_chars", options.tokenize_chinese_chars));
  const auto accents = config.find("strip_accents");
  if (accents == config.end()) return absl::OkStatus();
  options.strip_accents.reset();
  if (accents->is_null()) return absl::OkStatus();
  if (!accents->is_boolean()) return wrong_type("strip_accents", "a boolean");
  options.strip_accents = accents->get<bool>();
  return absl::OkStatus();
}

// Absent from `config`: the empty string.
std::string class_of(const json& config) {
  const auto found = config.find("tokenizer_class");
  return found != config.end() && found->is_string() ? found->get<std::string>() : "";
}

void read_model_max_length(const json& config, BertTokenizer::Options& options) {
  const auto found = config.find("model_max_length");
  // Whoever knows no limit writes 10^30.
  if (found != config.end() && found->is_number_unsigned()) {
    options.model_max_length = found->get<std::size_t>();
  }
}

absl::StatusOr<json> parse_object(absl::string_view text) {
  json parsed = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return absl::InvalidArgumentError("not a JSON object");
  return parsed;
}

// The object in FOLDER/NAME; an empty one if there is no such file.
absl::StatusOr<json> read_object(const std::string& folder, const char* name) {
  const std::string path = absl::StrCat(folder, "/", name);
  if (!exists(path)) return json::object();
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, read_text(path, kMaxConfigBytes));
  auto parsed = parse_object(text);
  if (!parsed.ok()) return in_file(path, parsed.status());
  return parsed;
}

absl::Status check_class(const std::string& name) {
  const absl::string_view slow = absl::StripSuffix(name, "Fast");
  if (name.empty() ||
      std::find(std::begin(kClasses), std::end(kClasses), slow) != std::end(kClasses)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("tokenizer_class is ", abbreviated(name, 80),
                                                 ", which cuts words by other rules"));
}

absl::Status apply_config(const json& config, BertTokenizer::Options& options) {
  BITTENSOR_RETURN_IF_ERROR(check_class(class_of(config)));
  BITTENSOR_RETURN_IF_ERROR(read_tokens(config, options));
  BITTENSOR_RETURN_IF_ERROR(read_rules(config, options));
  read_model_max_length(config, options);
  return absl::OkStatus();
}

// What the tokenizers of other models leave in a folder, in words.
std::string other_tokenizer(const std::string& folder) {
  for (const auto& [file, what] :
       {std::pair("merges.txt", "byte pairs, as GPT-2 and RoBERTa have"),
        std::pair("sentencepiece.bpe.model", "SentencePiece, as XLM-RoBERTa has"),
        std::pair("spiece.model", "SentencePiece, as ALBERT and T5 have"),
        std::pair("tokenizer.model", "SentencePiece, as Llama has")}) {
    if (exists(absl::StrCat(folder, "/", file))) return absl::StrCat("; ", file, " is of ", what);
  }
  return "";
}

// Adds one token that stands beside the vocabulary, or a rule for one in it.
void add_token(AddedToken token, std::int64_t id, TokenizerParts& parts) {
  parts.entries.push_back({token.content, id, /*piece=*/false});
  auto& tokens = parts.options.added_tokens;
  const auto known = std::find_if(tokens.begin(), tokens.end(), [&](const AddedToken& other) {
    return other.content == token.content;
  });
  if (known == tokens.end()) {
    tokens.push_back(std::move(token));
  } else {
    *known = std::move(token);
  }
}

absl::Status read_added_json(const json& added, TokenizerParts& parts) {
  for (const auto& [content, id] : added.items()) {
    if (content.empty() || !id.is_number_unsigned()) {
      return absl::InvalidArgumentError(absl::StrCat(abbreviated(content, 80), " has no id"));
    }
    AddedToken token{content};
    token.normalized = true;
    token.special = false;
    add_token(std::move(token), id.get<std::int64_t>(), parts);
  }
  return absl::OkStatus();
}

absl::Status read_added_decoder(const json& config, TokenizerParts& parts) {
  const auto added = config.find("added_tokens_decoder");
  if (added == config.end() || !added->is_object()) return absl::OkStatus();
  for (const auto& [key, entry] : added->items()) {
    std::int64_t id = 0;
    AddedToken token = parse_added_token(entry);
    if (token.content.empty() || !absl::SimpleAtoi(key, &id)) {
      return absl::InvalidArgumentError(
          absl::StrCat("added_tokens_decoder: ", abbreviated(key, 80), " is no token"));
    }
    add_token(std::move(token), id, parts);
  }
  return absl::OkStatus();
}

absl::StatusOr<TokenizerParts> read_vocabulary(const std::string& folder, const json& config) {
  const std::string path = absl::StrCat(folder, "/", kVocabulary);
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, read_text(path, kMaxTokenizerBytes));
  TokenizerParts parts;
  auto lines = BertVocabulary::entries_of(text);
  if (!lines.ok()) return in_file(path, lines.status());
  parts.entries = *std::move(lines);
  BITTENSOR_ASSIGN_OR_RETURN(const json added, read_object(folder, kAdded));
  absl::Status status = read_added_json(added, parts);
  if (!status.ok()) return in_file(absl::StrCat(folder, "/", kAdded), status);
  status = read_added_decoder(config, parts);
  if (!status.ok()) return in_file(absl::StrCat(folder, "/", kConfig), status);
  return parts;
}

absl::StatusOr<TokenizerParts> read_json(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, read_text(path, kMaxTokenizerBytes));
  auto parts = parse_tokenizer_json(text);
  if (!parts.ok()) return in_file(path, parts.status());
  return parts;
}

// What tokenizer.json says, changed by what tokenizer_config.json says beside it.
absl::Status apply_beside_json(const json& config, BertTokenizer::Options& options) {
  const BertTokenizer::Options whole = options;
  BITTENSOR_RETURN_IF_ERROR(read_tokens(config, options));
  read_model_max_length(config, options);
  // The template and the model name theirs.
  options.unk_token = whole.unk_token;
  options.cls_token = whole.cls_token;
  options.sep_token = whole.sep_token;
  return is_general_class(class_of(config)) ? absl::OkStatus() : read_rules(config, options);
}

absl::StatusOr<TokenizerParts> read_folder(const std::string& folder) {
  BITTENSOR_ASSIGN_OR_RETURN(const json config, read_object(folder, kConfig));
  BITTENSOR_ASSIGN_OR_RETURN(const json names, read_object(folder, kNames));
  const std::string whole = absl::StrCat(folder, "/", kJson);
  const bool has_json = exists(whole);
  if (!has_json && !exists(absl::StrCat(folder, "/", kVocabulary))) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": no ", kJson, " and no ", kVocabulary, other_tokenizer(folder)));
  }
  BITTENSOR_ASSIGN_OR_RETURN(TokenizerParts parts,
                             has_json ? read_json(whole) : read_vocabulary(folder, config));
  absl::Status status;
  if (has_json) {
    status = apply_beside_json(names, parts.options);
    status.Update(apply_beside_json(config, parts.options));
  } else {
    status = read_tokens(names, parts.options);
    status.Update(apply_config(config, parts.options));
  }
  if (!status.ok()) return in_file(absl::StrCat(folder, "/", kConfig), status);
  return parts;
}

absl::StatusOr<BertTokenizer> make(TokenizerParts parts) {
  BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary,
                             BertVocabulary::create(std::move(parts.entries)));
  return BertTokenizer::create(std::move(vocabulary), std::move(parts.options));
}

bool is_bracketed(absl::string_view token) {
  if (token == "[PAD]" || token == "[UNK]" || token == "[CLS]" || token == "[SEP]" ||
      token == "[MASK]") {
    return true;
  }
  if (!absl::ConsumePrefix(&token, "[unused") || !absl::ConsumeSuffix(&token, "]")) return false;
  return !token.empty() && token.find_first_not_of("0123456789") == absl::string_view::npos;
}

// A vocab.txt of the tokens whose id is their line; empty if there is none.
std::string vocabulary_lines(const BertVocabulary& vocabulary) {
  std::string lines;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    const absl::string_view token = vocabulary.token(id);
    if (!vocabulary.is_piece(token)) {
      // What was added comes behind, in the other two files.
      const bool last = vocabulary.pieces() == i;
      return last ? lines : "";
    }
    if (absl::StrContains(token, '\n')) return "";
    absl::StrAppend(&lines, token, "\n");
  }
  return lines;
}

}  // namespace

absl::Status apply_tokenizer_config(absl::string_view text, BertTokenizer::Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const json config, parse_object(text));
  return apply_config(config, options);
}

absl::StatusOr<BertTokenizer> BertTokenizer::load(const std::string& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  if (!folder && !absl::EndsWith(path, ".json")) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::string text, read_text(path, kMaxTokenizerBytes));
    auto vocabulary = BertVocabulary::parse(text);
    if (!vocabulary.ok()) return in_file(path, vocabulary.status());
    return create(*std::move(vocabulary), {});
  }
  BITTENSOR_ASSIGN_OR_RETURN(TokenizerParts parts, folder ? read_folder(path) : read_json(path));
  auto tokenizer = make(std::move(parts));
  if (!tokenizer.ok()) return in_file(path, tokenizer.status());
  return tokenizer;
}

absl::StatusOr<BertTokenizer> parse_tokenizer(absl::string_view tokenizer_json,
                                              absl::string_view tokenizer_config) {
  BITTENSOR_ASSIGN_OR_RETURN(TokenizerParts parts, parse_tokenizer_json(tokenizer_json));
  BITTENSOR_ASSIGN_OR_RETURN(const json config, parse_object(tokenizer_config));
  BITTENSOR_RETURN_IF_ERROR(apply_beside_json(config, parts.options));
  return make(std::move(parts));
}

std::string tokenizer_config_json(const BertTokenizer& tokenizer) {
  const BertTokenizer::Options& options = tokenizer.options();
  json config = {{"do_lower_case", options.do_lower_case},
                 {"strip_accents", nullptr},
                 {"tokenize_chinese_chars", options.tokenize_chinese_chars},
                 {"unk_token", options.unk_token},
                 {"sep_token", options.sep_token},
                 {"pad_token", options.pad_token},
                 {"cls_token", options.cls_token},
                 {"clean_up_tokenization_spaces", true},
                 // The class that knows no other rules would put its own in the place of these.
                 {"tokenizer_class", options.clean_text && options.max_input_chars_per_word == 100
                                         ? "BertTokenizer"
                                         : "PreTrainedTokenizerFast"}};
  if (options.strip_accents) config["strip_accents"] = *options.strip_accents;
  if (tokenizer.mask_id() >= 0) config["mask_token"] = options.mask_token;
  if (options.model_max_length) config["model_max_length"] = *options.model_max_length;
  for (const AddedToken& token : tokenizer.added_tokens()) {
    const std::int64_t id = *tokenizer.vocabulary().id(token.content);
    config["added_tokens_decoder"][std::to_string(id)] = {
        {"content", token.content}, {"single_word", token.single_word}, {"lstrip", token.lstrip},
        {"rstrip", token.rstrip},   {"normalized", token.normalized},   {"special", token.special}};
  }
  return config.dump(2) + "\n";
}

absl::Status save_tokenizer(const BertTokenizer& tokenizer, const std::string& folder) {
  const std::string whole = tokenizer_json(tokenizer);
  BITTENSOR_RETURN_IF_ERROR(write_whole_file(absl::StrCat(folder, "/", kJson), {whole}));
  const std::string config = tokenizer_config_json(tokenizer);
  BITTENSOR_RETURN_IF_ERROR(write_whole_file(absl::StrCat(folder, "/", kConfig), {config}));
  const std::string lines = vocabulary_lines(tokenizer.vocabulary());
  if (lines.empty()) return absl::OkStatus();
  return write_whole_file(absl::StrCat(folder, "/", kVocabulary), {lines});
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
