// SPDX-License-Identifier: MIT
#include "text/tokenizer_json.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxValues = std::size_t{1} << 20;  // beside the vocabulary
constexpr std::size_t kMaxTokens = std::size_t{1} << 21;
constexpr std::size_t kQuoted = 80;

absl::Status wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("tokenizer.json: ", what));
}

std::string in_quotes(absl::string_view text) {
  return absl::StrCat("\"", abbreviated(text, kQuoted), "\"");
}

// Builds the document without its vocabulary, which goes straight into a list, and without what
// only other models have and what would fill memory: lists of merges and of scored tokens.
class Reader : public nlohmann::json_sax<json> {
 public:
  json root;
  std::vector<BertVocabulary::Entry> entries;
  std::string error;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_vocabulary_) return add(value);
    if (value > std::numeric_limits<std::int32_t>::max()) return no_id();
    if (entries.size() == kMaxTokens) return fail("it has too many tokens");
    entries.push_back({key_, static_cast<std::int64_t>(value)});
    return true;
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return fail("it holds binary data"); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool start_object(std::size_t /*size*/) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return fail(absl::StrCat("it is not JSON, at byte ", position));
  }

 private:
  bool fail(std::string why) {
    error = std::move(why);
    return false;
  }
  bool no_id() { return fail(absl::StrCat("model.vocab: ", in_quotes(key_), " has no id")); }

  bool open(json value) {
    if (skipped_ > 0) {
      ++skipped_;
      return true;
    }
    if (in_vocabulary_) return no_id();
    if (open_.size() == kMaxDepth) return fail("it is nested too deep");
    const bool in_model = open_.size() == 2 && open_[0] == &root && model_ == open_[1];
    if (in_model && key_ == "vocab" && value.is_object()) {
      in_vocabulary_ = true;
      return true;
    }
    if (in_model && (key_ == "vocab" || key_ == "merges")) {
      skipped_ = 1;
      return true;
    }
    const bool model = open_.size() == 1 && key_ == "model";
    json* const added = append(std::move(value));
    if (added == nullptr) return false;
    if (model) model_ = added;
    open_.push_back(added);
    return true;
  }

  bool close() {
    if (skipped_ > 0) {
      --skipped_;
    } else if (in_vocabulary_) {
      in_vocabulary_ = false;
    } else {
      open_.pop_back();
    }
    return true;
  }

  bool add(json value) {
    if (skipped_ > 0) return true;
    if (in_vocabulary_) return no_id();
    return append(std::move(value)) != nullptr;
  }

  // Where the value is now; null if there are too many. An array may move its values as it grows,
  // but none is open while another is appended.
  json* append(json value) {
    if (++values_ > kMaxValues) {
      fail("it has too many values");
      return nullptr;
    }
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  std::vector<json*> open_;
  std::string key_;
  const json* model_ = nullptr;
  bool in_vocabulary_ = false;
  std::size_t skipped_ = 0;  // how many arrays and objects deep in what is not kept
  std::size_t values_ = 0;
};

// The member `name` of `object`; null, as JSON has it, if there is none.
const json& member(const json& object, const char* name) {
  static const json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::string text_of(const json& object, const char* name) {
  const json& found = member(object, name);
  return found.is_string() ? found.get<std::string>() : "";
}

bool flag_of(const json& object, const char* name, bool otherwise) {
  const json& found = member(object, name);
  return found.is_boolean() ? found.get<bool>() : otherwise;
}

// That part `name` of the tokenizer is of BERT's kind.
absl::Status check_type(const json& root, const char* name, const char* wanted) {
  const json& part = member(root, name);
  if (part.is_null()) return wrong(absl::StrCat("it has no ", name, ", BERT's is ", wanted));
  const std::string type = text_of(part, "type");
  if (type == wanted) return absl::OkStatus();
  return wrong(absl::StrCat("its ", name, " is ", in_quotes(type), ", BERT's is ", wanted));
}

absl::Status read_model(const json& root, BertTokenizer::Options& options) {
  const json& model = member(root, "model");
  // Files of before 2020 do not say which model it is.
  if (!model.is_object() || model.contains("type") ||
      !model.contains("continuing_subword_prefix")) {
    BITTENSOR_RETURN_IF_ERROR(check_type(root, "model", "WordPiece"));
  }
  if (text_of(model, "continuing_subword_prefix") != "##") {
    return wrong(absl::StrCat("model.continuing_subword_prefix is ",
                              in_quotes(text_of(model, "continuing_subword_prefix")),
                              ", BERT's is \"##\""));
  }
  options.unk_token = text_of(model, "unk_token");
  const json& longest = member(model, "max_input_chars_per_word");
  if (longest.is_number_unsigned()) {
    options.max_input_chars_per_word = longest.get<std::size_t>();
  } else if (!longest.is_null()) {
    return wrong("model.max_input_chars_per_word is no number of characters");
  }
  return absl::OkStatus();
}

absl::Status read_normalizer(const json& root, BertTokenizer::Options& options) {
  BITTENSOR_RETURN_IF_ERROR(check_type(root, "normalizer", "BertNormalizer"));
  const json& normalizer = member(root, "normalizer");
  options.clean_text = flag_of(normalizer, "clean_text", true);
  options.tokenize_chinese_chars = flag_of(normalizer, "handle_chinese_chars", true);
  options.do_lower_case = flag_of(normalizer, "lowercase", true);
  const json& strip = member(normalizer, "strip_accents");
  if (strip.is_boolean()) options.strip_accents = strip.get<bool>();
  return absl::OkStatus();
}

// A template in one line, as "[CLS]:0 $A:0 [SEP]:0".
std::string template_line(const json& pieces) {
  std::string line;
  if (!pieces.is_array()) return line;
  for (const json& piece : pieces) {
    const json& token = member(piece, "SpecialToken");
    const json& part = token.is_null() ? member(piece, "Sequence") : token;
    const json& type = member(part, "type_id");
    absl::StrAppend(&line, line.empty() ? "" : " ", token.is_null() ? "$" : "", text_of(part, "id"),
                    ":", type.is_number_unsigned() ? type.get<std::uint64_t>() : 0);
  }
  return line;
}

absl::Status read_template(const json& processor, BertTokenizer::Options& options) {
  const json& single = member(processor, "single");
  if (single.is_array() && single.size() == 3) {
    options.cls_token = text_of(member(single[0], "SpecialToken"), "id");
    options.sep_token = text_of(member(single[2], "SpecialToken"), "id");
  }
  const std::string& cls = options.cls_token;
  const std::string& sep = options.sep_token;
  const std::string one = absl::StrCat(cls, ":0 $A:0 ", sep, ":0");
  const std::string two = absl::StrCat(one, " $B:1 ", sep, ":1");
  for (const auto& [name, wanted] : {std::pair("single", one), std::pair("pair", two)}) {
    const std::string line = template_line(member(processor, name));
    if (line != wanted) {
      return wrong(absl::StrCat("post_processor.", name, " is ", in_quotes(line), ", BERT's is \"",
                                abbreviated(wanted, kQuoted), "\""));
    }
  }
  return absl::OkStatus();
}

absl::Status read_post_processor(const json& root, BertTokenizer::Options& options) {
  const json& processor = member(root, "post_processor");
  if (text_of(processor, "type") != "BertProcessing") {
    BITTENSOR_RETURN_IF_ERROR(check_type(root, "post_processor", "TemplateProcessing"));
    return read_template(processor, options);
  }
  for (const auto& [name, token] :
       {std::pair("cls", &options.cls_token), std::pair("sep", &options.sep_token)}) {
    const json& pair = member(processor, name);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) {
      return wrong(absl::StrCat("post_processor.", name, " is no token with its id"));
    }
    *token = pair[0].get<std::string>();
  }
  return absl::OkStatus();
}

absl::Status read_added_tokens(const json& root, TokenizerParts& parts) {
  const json& tokens = member(root, "added_tokens");
  if (tokens.is_null()) return absl::OkStatus();
  if (!tokens.is_array()) return wrong("added_tokens is not a list");
  for (const json& token : tokens) {
    const json& id = member(token, "id");
    AddedToken added = parse_added_token(token);
    if (added.content.empty() || !id.is_number_unsigned()) {
      return wrong(
          absl::StrCat("an added token lacks its text or its id: ", in_quotes(added.content)));
    }
    parts.entries.push_back({added.content, id.get<std::int64_t>(), /*piece=*/false});
    parts.options.added_tokens.push_back(std::move(added));
  }
  return absl::OkStatus();
}

}  // namespace

AddedToken parse_added_token(const json& token) {
  AddedToken added;
  added.content = text_of(token, "content");
  added.single_word = flag_of(token, "single_word", false);
  added.lstrip = flag_of(token, "lstrip", false);
  added.rstrip = flag_of(token, "rstrip", false);
  added.special = flag_of(token, "special", false);
  added.normalized = flag_of(token, "normalized", !added.special);
  return added;
}

absl::StatusOr<TokenizerParts> parse_tokenizer_json(absl::string_view text) {
  Reader reader;
  if (!json::sax_parse(text.begin(), text.end(), &reader)) return wrong(reader.error);
  const json& root = reader.root;
  if (!root.is_object()) return wrong("it is not a JSON object");
  TokenizerParts parts;
  BITTENSOR_RETURN_IF_ERROR(read_model(root, parts.options));
  BITTENSOR_RETURN_IF_ERROR(read_normalizer(root, parts.options));
  BITTENSOR_RETURN_IF_ERROR(check_type(root, "pre_tokenizer", "BertPreTokenizer"));
  BITTENSOR_RETURN_IF_ERROR(read_post_processor(root, parts.options));
  parts.entries = std::move(reader.entries);
  BITTENSOR_RETURN_IF_ERROR(read_added_tokens(root, parts));
  return parts;
}

std::string tokenizer_json(const BertTokenizer& tokenizer) {
  const BertTokenizer::Options& options = tokenizer.options();
  const BertVocabulary& vocabulary = tokenizer.vocabulary();
  const auto special = [](const std::string& token, int type) {
    return ordered_json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto sequence = [](const char* name, int type) {
    return ordered_json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  const auto numbered = [&](const std::string& token) {
    return ordered_json{{"id", token}, {"ids", {*vocabulary.id(token)}}, {"tokens", {token}}};
  };
  const std::string& cls = options.cls_token;
  const std::string& sep = options.sep_token;
  ordered_json file = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}};
  file["added_tokens"] = ordered_json::array();
  for (const AddedToken& token : tokenizer.added_tokens()) {
    file["added_tokens"].push_back({{"id", *vocabulary.id(token.content)},
                                    {"content", token.content},
                                    {"single_word", token.single_word},
                                    {"lstrip", token.lstrip},
                                    {"rstrip", token.rstrip},
                                    {"normalized", token.normalized},
                                    {"special", token.special}});
  }
  file["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", options.clean_text},
                        {"handle_chinese_chars", options.tokenize_chinese_chars},
                        {"strip_accents", nullptr},
                        {"lowercase", options.do_lower_case}};
  if (options.strip_accents) file["normalizer"]["strip_accents"] = *options.strip_accents;
  file["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", ordered_json::array({special(cls, 0), sequence("A", 0), special(sep, 0)})},
      {"pair", ordered_json::array({special(cls, 0), sequence("A", 0), special(sep, 0),
                                    sequence("B", 1), special(sep, 1)})},
      {"special_tokens", {{cls, numbered(cls)}, {sep, numbered(sep)}}}};
  file["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  file["model"] = {{"type", "WordPiece"},
                   {"unk_token", options.unk_token},
                   {"continuing_subword_prefix", "##"},
                   {"max_input_chars_per_word", options.max_input_chars_per_word}};
  // The library's object in the order of its keys would take a time quadratic in the tokens.
  std::string text = file.dump(2);
  text.resize(text.size() - std::string("\n  }\n}").size());
  absl::StrAppend(&text, ",\n    \"vocab\": {");
  bool first = true;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    const std::string token(vocabulary.token(id));
    if (!vocabulary.is_piece(token) || vocabulary.id(token) != id) continue;
    absl::StrAppend(&text, first ? "\n      " : ",\n      ", json(token).dump(), ": ", id);
    first = false;
  }
  absl::StrAppend(&text, "\n    }\n  }\n}\n");
  return text;
}

}  // namespace bittensor
