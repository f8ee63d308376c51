// SPDX-License-Identifier: MIT
#include "app/bert.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "app/commands.h"
#include "app/text_source.h"
#include "app/vector_file.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/answer.h"
#include "synapses/bert/classify.h"
#include "synapses/bert/fill_mask.h"
#include "synapses/bert/sentence_encoder.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxInput = std::size_t{16} << 20;  // bytes of one text on standard input
constexpr std::size_t kWindow = 16;  // batches that are sorted by length together
constexpr std::size_t kShown = 100;  // bytes of a text in a table

struct BertOptions {
  std::string model;
  std::string device = "cpu";
  int threads = 0;
  int batch = 32;
  std::vector<std::string> texts;
  std::vector<std::string> files;
  std::string question;
  std::string out;
  std::string pooling;
  int limit = 0;
  bool pairs = false;
  bool as_json = false;

  std::size_t window() const { return kWindow * static_cast<std::size_t>(batch); }
  std::size_t together() const { return static_cast<std::size_t>(batch); }
};

// Texts may hold bytes that are not UTF-8.
std::string line_of(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

absl::StatusOr<torch::Device> use_device(const BertOptions& options) {
  const unsigned all = std::max(1U, std::thread::hardware_concurrency());
  torch::set_num_threads(options.threads > 0 ? options.threads : static_cast<int>(all));
  try {
    const torch::Device device(options.device);
    if (device.is_cpu()) return device;
    torch::empty({1}, torch::TensorOptions(device));  // throws if it is not there
    return device;
  } catch (const c10::Error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--device ", abbreviated(options.device, 80), ": ",
                     abbreviated(error.what_without_backtrace(), 300)));
  }
}

absl::StatusOr<TextModel> open_model(const BertOptions& options, BertTask task) {
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device, use_device(options));
  return TextModel::open(options.model, task, device);
}

absl::StatusOr<SentenceEncoder> open_encoder(const BertOptions& options) {
  SentenceEncoder::Options how;
  how.batch = options.together();
  BITTENSOR_ASSIGN_OR_RETURN(how.device, use_device(options));
  if (!options.pooling.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(how.pooling, parse_pooling(options.pooling));
  }
  return SentenceEncoder::open(options.model, how);
}

// That the model reads only the beginning of a text must not go unnoticed.
void warn_of_unread(const TextModel& model, const std::string& text) {
  const UnreadText rest = unread(model.encode(text), text, model.max_tokens());
  if (rest.text.empty()) return;
  print_error(absl::StrCat("the model reads the first ", rest.tokens_read, " tokens of the text, ",
                           rest.bytes_read, " of ", text.size(), " bytes; the rest is ignored"));
}

void warn_of_cut(std::size_t cut, std::size_t texts, std::size_t max_tokens) {
  if (cut == 0) return;
  print_error(absl::StrCat(cut, " of ", texts, texts == 1 ? " text " : " texts ",
                           cut == 1 ? "is" : "are", " longer than the ", max_tokens,
                           " tokens that the model reads; the rest is ignored"));
}

json as_json(const MaskGuesses& guesses) {
  json masks = json::array();
  for (const auto& mask : guesses) {
    masks.push_back(json::array());
    for (const MaskGuess& guess : mask) {
      masks.back().push_back(
          {{"token", guess.token}, {"probability", guess.probability}, {"text", guess.text}});
    }
  }
  return masks;
}

void print_guesses(const MaskGuesses& guesses) {
  for (std::size_t mask = 0; mask < guesses.size(); ++mask) {
    if (guesses.size() > 1) std::printf("mask %zu\n", mask + 1);
    for (const MaskGuess& guess : guesses[mask]) {
      std::printf("%.4f  %-14s  %s\n", guess.probability, guess.token.c_str(), guess.text.c_str());
    }
  }
}

// One text: an argument, or all of standard input.
absl::Status fill_one(const BertOptions& options) {
  std::string text;
  if (options.texts.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(text, read_standard_input("text", kMaxInput));
  } else {
    text = options.texts.front();
  }
  BITTENSOR_ASSIGN_OR_RETURN(TextModel model, open_model(options, BertTask::kMaskedWords));
  const auto results = fill_masks(model, {text}, options.limit, 1);
  BITTENSOR_RETURN_IF_ERROR(results.front().status());
  warn_of_unread(model, text);
  if (options.as_json) {
    std::puts(line_of(as_json(*results.front())).c_str());
  } else {
    print_guesses(*results.front());
  }
  return absl::OkStatus();
}

// Each line of the files, a line of JSON.
absl::Status fill(const BertOptions& options) {
  if (options.files.empty()) return fill_one(options);
  BITTENSOR_ASSIGN_OR_RETURN(TextModel model, open_model(options, BertTask::kMaskedWords));
  TextSource source({}, options.files);
  TextProgress progress;
  std::size_t failed = 0;
  std::string first;
  for (;;) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto texts, source.next(options.together()));
    if (texts.empty()) break;
    const auto results = fill_masks(model, texts, options.limit, options.together());
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].ok()) {
        std::puts(line_of(as_json(*results[i])).c_str());
        continue;
      }
      const std::string why(results[i].status().message());
      if (failed++ == 0) first = absl::StrCat(source.place(i), ": ", why);
      std::puts(line_of({{"error", why}}).c_str());
    }
    progress.add(texts.size());
  }
  if (failed == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(failed, failed == 1 ? " text was" : " texts were",
                                                 " not filled, first ", first));
}

absl::Status embed(const BertOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(SentenceEncoder encoder, open_encoder(options));
  TextSource source(options.texts, options.files);
  BITTENSOR_ASSIGN_OR_RETURN(auto file, VectorFile::create(options.out));
  TextProgress progress;
  std::size_t all = 0;
  for (;;) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto texts, source.next(options.window()));
    if (texts.empty()) break;
    all += texts.size();
    const torch::Tensor vectors = encoder.encode(texts);
    BITTENSOR_RETURN_IF_ERROR(file->append(vectors));
    progress.add(texts.size());
  }
  if (all == 0) return absl::InvalidArgumentError("no text: the input is empty");
  BITTENSOR_RETURN_IF_ERROR(file->finish());
  warn_of_cut(encoder.cut(), all, encoder.max_tokens());
  return absl::OkStatus();
}

struct Ranked {
  double score = 0;
  std::string place;
  std::string text;
};

absl::Status similar(const BertOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(SentenceEncoder encoder, open_encoder(options));
  const auto unit = [](const torch::Tensor& vectors) {
    return vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
  };
  const torch::Tensor asked = unit(encoder.encode({options.question}));  // [1, features]
  TextSource source({}, options.files);
  TextProgress progress;
  std::vector<Ranked> best;
  std::size_t all = 0;
  for (;;) {
    BITTENSOR_ASSIGN_OR_RETURN(auto texts, source.next(options.window()));
    if (texts.empty()) break;
    const torch::Tensor scores =
        torch::matmul(unit(encoder.encode(texts)), asked[0]).contiguous();  // [texts]
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].empty()) continue;
      best.push_back({scores.data_ptr<float>()[i], source.place(i), std::move(texts[i])});
    }
    std::stable_sort(best.begin(), best.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    best.resize(std::min(best.size(), static_cast<std::size_t>(options.limit)));
    all += texts.size();
    progress.add(texts.size());
  }
  for (const Ranked& one : best) {
    if (options.as_json) {
      std::puts(line_of({{"score", one.score}, {"place", one.place}, {"text", one.text}}).c_str());
    } else {
      std::printf("%.4f  %s  %s\n", one.score, one.place.c_str(),
                  abbreviated(one.text, kShown).c_str());
    }
  }
  warn_of_cut(encoder.cut(), all + 1, encoder.max_tokens());
  return absl::OkStatus();
}

std::pair<std::string, std::string> split_pair(const std::string& line, bool pairs) {
  const std::size_t tab = pairs ? line.find('\t') : std::string::npos;
  if (tab == std::string::npos) return {line, ""};
  return {line.substr(0, tab), line.substr(tab + 1)};
}

absl::Status classify(const BertOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(TextModel model, open_model(options, BertTask::kClassification));
  TextSource source(options.texts, options.files);
  TextProgress progress;
  for (;;) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto lines, source.next(options.window()));
    if (lines.empty()) break;
    std::vector<std::pair<std::string, std::string>> texts;
    for (const std::string& line : lines) texts.push_back(split_pair(line, options.pairs));
    auto results = classify_texts(model, texts, options.together());
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto& labels = results[i];
      labels.resize(std::min(labels.size(), static_cast<std::size_t>(options.limit)));
      json row = json::array();
      std::string shown;
      for (const TextLabel& label : labels) {
        row.push_back({{"label", label.label}, {"score", label.score}});
        absl::StrAppendFormat(&shown, "%.4f  %s  ", label.score, label.label);
      }
      std::puts(options.as_json ? line_of(row).c_str()
                                : absl::StrCat(shown, abbreviated(lines[i], kShown)).c_str());
    }
    progress.add(lines.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> text_of(const BertOptions& options) {
  if (!options.texts.empty()) return options.texts.front();
  if (options.files.empty()) return read_standard_input("text", kMaxInput);
  TextSource source({}, options.files);
  std::string text;
  for (;;) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto lines, source.next(1));
    if (lines.empty()) return text;
    absl::StrAppend(&text, text.empty() ? "" : "\n", lines.front());
    if (text.size() > kMaxInput) {
      return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxInput, " bytes of text"));
    }
  }
}

absl::Status answer(const BertOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, text_of(options));
  BITTENSOR_ASSIGN_OR_RETURN(TextModel model, open_model(options, BertTask::kQuestionAnswering));
  AnswerOptions how;
  how.limit = static_cast<std::size_t>(options.limit);
  how.batch = options.together();
  BITTENSOR_ASSIGN_OR_RETURN(const auto answers,
                             answer_question(model, options.question, text, how));
  for (const TextAnswer& one : answers) {
    if (options.as_json) {
      std::puts(line_of({{"answer", one.text},
                         {"score", one.score},
                         {"begin", one.range.begin},
                         {"end", one.range.end}})
                    .c_str());
    } else {
      std::printf("%.4f  %s\n", one.score, one.text.c_str());
    }
  }
  return absl::OkStatus();
}

// Each command binds its options here, and becomes the action if it is the one.
class Commands {
 public:
  explicit Commands(CLI::App& app) : app_(app) {}

  std::shared_ptr<BertOptions> add(const char* name, const char* help,
                                   absl::Status (*run)(const BertOptions&)) {
    command_ = app_.add_subcommand(name, help);
    auto options = std::make_shared<BertOptions>();
    command_->add_option("--model", options->model, "a folder as transformers saves it")
        ->required();
    command_->add_option("--batch", options->batch, "texts that are computed together")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    command_->add_option("--device", options->device, "cpu, cuda, cuda:1, ...")
        ->capture_default_str();
    command_->add_option("--threads", options->threads, "of the CPU; default: all cores")
        ->check(CLI::Range(1, 1024));
    command_->callback(
        [action = action_, options, run] { *action = [options, run] { return run(*options); }; });
    return options;
  }
  CLI::App* command() { return command_; }
  void add_texts(BertOptions& options, const char* what) {
    command_->add_option("texts", options.texts, what);
  }
  void add_files(BertOptions& options, const char* what) {
    command_->add_option("--file", options.files, what)->type_name("FILE")->allow_extra_args(false);
  }
  void add_json(BertOptions& options) {
    command_->add_flag("--json", options.as_json, "print lines of JSON");
  }
  void add_limit(BertOptions& options, int usual, const char* what) {
    options.limit = usual;
    command_->add_option("--top", options.limit, what)
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
  }
  void add_pooling(BertOptions& options) {
    command_->add_option("--pooling", options.pooling,
                         "how a text's tokens become one vector: cls, mean or max; default: as "
                         "the folder says, or mean");
  }
  std::function<absl::Status()> action() const {
    return [action = action_] { return (*action)(); };
  }

 private:
  CLI::App& app_;
  CLI::App* command_ = nullptr;
  std::shared_ptr<std::function<absl::Status()>> action_ =
      std::make_shared<std::function<absl::Status()>>([] { return absl::OkStatus(); });
};

}  // namespace

std::function<absl::Status()> add_bert(CLI::App& app) {
  Commands commands(app);
  auto options = commands.add(
      "fill-mask", "Prints the likeliest tokens for each [MASK] of a text, with probabilities.",
      fill);
  commands.command()
      ->add_option("text", options->texts,
                   "\"The state of the [MASK] is strong.\"; without it, standard input")
      ->expected(0, 1);
  commands.add_files(*options, "each line is a text, its answer a line of JSON");
  commands.add_limit(*options, 5, "how many tokens");
  commands.add_json(*options);

  options = commands.add("embed", "Prints each text as a vector, a JSON array per line.", embed);
  commands.add_texts(*options, "the texts; without any, the lines of --file or standard input");
  commands.add_files(*options, "each line is a text");
  commands.add_pooling(*options);
  commands.command()->add_option("--out", options->out,
                                 "write there: numpy's format if it ends with .npy");

  options =
      commands.add("similar", "Ranks lines by how much they mean the same as a sentence.", similar);
  commands.command()->add_option("sentence", options->question, "the sentence")->required();
  commands.command()->add_option("files", options->files,
                                 "the files of the lines; without any, standard input");
  commands.add_pooling(*options);
  commands.add_limit(*options, 10, "how many lines");
  commands.add_json(*options);

  options =
      commands.add("classify", "Prints the labels that a classifier gives to texts.", classify);
  commands.add_texts(*options, "the texts; without any, the lines of --file or standard input");
  commands.add_files(*options, "each line is a text");
  commands.command()->add_flag("--pairs", options->pairs,
                               "a tab divides a line into two texts, which are judged together");
  commands.add_limit(*options, 1, "how many labels of each");
  commands.add_json(*options);

  options = commands.add("answer", "Finds the answer to a question in a text.", answer);
  commands.command()->add_option("question", options->question, "the question")->required();
  commands.command()
      ->add_option("text", options->texts, "the text; without it, --file or standard input")
      ->expected(0, 1);
  commands.add_files(*options, "the text is in there");
  commands.add_limit(*options, 1, "how many answers");
  commands.add_json(*options);
  return commands.action();
}

}  // namespace bittensor
