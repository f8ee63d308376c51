// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/weights_files.h"

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/mapped_file.h"
#include "bittensor/toolbox/safetensors.h"
#include "bittensor/toolbox/torch_file.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxIndexBytes = std::size_t{16} << 20;

constexpr absl::string_view kZip = "PK\x03\x04";
constexpr absl::string_view kPickle = "\x80\x02";  // torch.save before PyTorch 1.6

absl::Status wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<TensorMap> read_file(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const absl::string_view bytes = file->bytes();
  if (absl::StartsWith(bytes, kZip) || absl::StartsWith(bytes, kPickle)) {
    return read_torch_file(path);
  }
  const std::string what = what_it_is(bytes);
  if (!what.empty()) return wrong(path, absl::StrCat("is ", what));
  return read_safetensors(path);
}

// Which tensor lies in which file of the index's folder.
absl::StatusOr<std::map<std::string, std::vector<std::string>>> read_index(
    const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const absl::string_view text = file->bytes();
  if (text.size() > kMaxIndexBytes) return absl::ResourceExhaustedError(path + ": too large");
  const auto index = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  const auto names = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || names == index.end() || !names->is_object()) {
    const std::string what = what_it_is(text);
    return wrong(path, what.empty() ? "no weight_map" : absl::StrCat("is ", what));
  }
  std::map<std::string, std::vector<std::string>> files;
  for (const auto& [name, value] : names->items()) {
    const std::string piece = value.is_string() ? value.get<std::string>() : "";
    if (piece.empty() || fs::path(piece).filename() != piece || piece == ".." || piece == ".") {
      return wrong(path,
                   absl::StrCat("tensor ", in_quotes(name), " is not in a file of the folder"));
    }
    files[piece].push_back(name);
  }
  return files;
}

absl::StatusOr<TensorMap> read_pieces(const std::string& folder, const std::string& index) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto files, read_index(index));
  TensorMap all;
  for (const auto& [piece, names] : files) {
    const std::string path = absl::StrCat(folder, "/", piece);
    BITTENSOR_ASSIGN_OR_RETURN(TensorMap tensors, read_file(path));
    for (const std::string& name : names) {
      const auto found = tensors.find(name);
      if (found == tensors.end()) {
        return wrong(path,
                     absl::StrCat("has no tensor ", in_quotes(name), ", which the index has"));
      }
      all[name] = std::move(found->second);
    }
  }
  return all;
}

// For a folder without parameters that can be read.
absl::Status nothing_in(const std::string& folder) {
  const std::string what = what_folder_is(folder);
  if (!what.empty()) return wrong(folder, what);
  return absl::NotFoundError(
      absl::StrCat(folder, ": neither model.safetensors nor pytorch_model.bin is there"));
}

}  // namespace

absl::StatusOr<TensorMap> read_weights(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return read_file(path);
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    const std::string file = absl::StrCat(path, "/", name);
    if (fs::exists(file, error)) return read_file(file);
    const std::string index = file + ".index.json";
    if (fs::exists(index, error)) return read_pieces(path, index);
  }
  return nothing_in(path);
}

}  // namespace bittensor
