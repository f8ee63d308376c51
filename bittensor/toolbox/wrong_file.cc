// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/wrong_file.h"

#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/mapped_file.h"

namespace bittensor {
namespace {

constexpr std::pair<absl::string_view, absl::string_view> kBeginnings[] = {
    {"version https://git-lfs", "a Git LFS pointer, not the file itself: git lfs pull fetches it"},
    {"GGUF",
     "a GGUF file, of llama.cpp: its numbers are quantized; take the model that it was made from"},
    {"\x89HDF\r\n\x1a\n", "a Keras file (HDF5): save it with PyTorch"},
    {"\x1f\x8b", "compressed with gzip: unpack it first"},
};

constexpr int kMostFiles = 1000;  // that are looked at in a folder

// Whose parameters a file has, by its name; null for one of PyTorch's or of nobody's.
const char* framework_of(const std::string& name) {
  if (name == "tf_model.h5" || absl::EndsWith(name, ".ckpt.index")) return "TensorFlow";
  if (name == "flax_model.msgpack") return "Flax";
  if (absl::EndsWith(name, ".gguf")) return "llama.cpp";
  if (absl::EndsWith(name, ".onnx")) return "ONNX";
  return nullptr;
}

}  // namespace

std::string what_it_is(absl::string_view bytes) {
  if (bytes.empty()) return "empty: was it fetched to its end?";
  for (const auto& [beginning, what] : kBeginnings) {
    if (absl::StartsWith(bytes, beginning)) return std::string(what);
  }
  constexpr std::size_t kLook = 256;
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(bytes.substr(0, kLook));
  if (absl::StartsWithIgnoreCase(text, "<!doctype html") ||
      absl::StartsWithIgnoreCase(text, "<html")) {
    return "a web page, not the file: fetch it from the address that the page's download has";
  }
  return {};
}

absl::Status check_is_not_wrong(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const std::string what = what_it_is(file->bytes());
  if (what.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": is ", what));
}

std::string what_folder_is(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(fs::path(folder) / "adapter_config.json", error)) {
    return "is a LoRA adapter: merge it into its model first (PEFT's merge_and_unload()), and save "
           "that";
  }
  std::string found;
  int files = 0;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator() && files < kMostFiles;
       entry.increment(error), ++files) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    const std::string name = entry->path().filename().string();
    if (const char* framework = framework_of(name)) {
      return absl::StrCat("has parameters for ", framework, " alone (", abbreviated(name, 80),
                          "): save the model with PyTorch");
    }
    if (!found.empty()) continue;
    const auto file = MappedFile::open(entry->path().string());
    const std::string what = file.ok() ? what_it_is((*file)->bytes()) : "";
    if (!what.empty()) found = absl::StrCat("holds ", abbreviated(name, 80), ": ", what);
  }
  return found;
}

}  // namespace bittensor
