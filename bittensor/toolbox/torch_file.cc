// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/torch_file.h"

#include <unordered_map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/little_endian.h"
#include "bittensor/toolbox/pickle.h"
#include "bittensor/toolbox/zip.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20;

// The pickle of the number 0x1950a86a20f9469cfc6c that a file of the old form begins with.
constexpr absl::string_view kOldMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
                                      15);

// Bytes of the file by the key of the storage.
using Storages = std::unordered_map<std::string, absl::string_view>;

absl::StatusOr<std::vector<NamedMappedTensor>> place(const std::vector<PickledTensor>& tensors,
                                                     const Storages& storages,
                                                     absl::string_view file) {
  std::vector<NamedMappedTensor> placed;
  for (const PickledTensor& tensor : tensors) {
    const auto storage = storages.find(tensor.storage);
    const auto element_size = static_cast<std::int64_t>(c10::elementSize(tensor.dtype));
    if (storage == storages.end() ||
        static_cast<std::int64_t>(storage->second.size()) / element_size <
            tensor.storage_elements) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", in_quotes(tensor.name), ": its storage is missing or cut short"));
    }
    const auto begin = static_cast<std::size_t>(storage->second.data() - file.data()) +
                       static_cast<std::size_t>(tensor.offset * element_size);
    placed.push_back({tensor.name, {tensor.dtype, tensor.shape, tensor.strides, begin}});
  }
  return placed;
}

// FOLDER/data.pkl, FOLDER/data/KEY for each storage and, since PyTorch 2, FOLDER/byteorder.
absl::StatusOr<std::vector<NamedMappedTensor>> parse_zip(absl::string_view file) {
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<ZipMember> members, list_zip(file));
  const ZipMember* pickle = nullptr;
  for (const ZipMember& member : members) {
    BITTENSOR_RETURN_IF_ERROR(check_crc(member));
    if (absl::EndsWith(member.name, "/data.pkl")) pickle = &member;
    if (absl::EndsWith(member.name, "/byteorder") && member.bytes != "little") {
      return absl::UnimplementedError("the file is from a big-endian machine");
    }
  }
  if (pickle == nullptr) return absl::InvalidArgumentError("no data.pkl in the archive");
  if (pickle->bytes.size() > kMaxPickleBytes) {
    return absl::ResourceExhaustedError("data.pkl is too large");
  }
  const auto folder = pickle->name.substr(0, pickle->name.size() - std::string("data.pkl").size());
  const std::string data_folder = absl::StrCat(folder, "data/");
  Storages storages;
  for (const ZipMember& member : members) {
    if (!absl::StartsWith(member.name, data_folder)) continue;
    storages.emplace(member.name.substr(data_folder.size()), member.bytes);
  }
  BITTENSOR_ASSIGN_OR_RETURN(const auto tensors, read_state_dict(pickle->bytes));
  return place(tensors, storages, file);
}

// Pickles of a magic number, a version, facts about the machine, the dictionary and the list of
// the storages' keys; then the storages, each with the number of its elements before it.
absl::StatusOr<std::vector<NamedMappedTensor>> parse_old(absl::string_view file) {
  std::size_t at = kOldMagic.size();
  const auto rest = [&] { return file.substr(at, kMaxPickleBytes); };
  for (int i = 0; i < 2; ++i) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::size_t skipped, skip_pickle(rest()));
    at += skipped;
  }
  std::size_t size = 0;
  BITTENSOR_ASSIGN_OR_RETURN(const auto tensors, read_state_dict(rest(), &size));
  at += size;
  BITTENSOR_ASSIGN_OR_RETURN(const auto keys, read_string_list(rest(), &size));
  at += size;

  std::unordered_map<std::string, std::size_t> element_sizes;
  for (const PickledTensor& tensor : tensors) {
    element_sizes[tensor.storage] = c10::elementSize(tensor.dtype);
  }
  Storages storages;
  for (const std::string& key : keys) {
    const auto elements = read_number<std::uint64_t>(file, at);
    const auto element_size = element_sizes.find(key);
    std::size_t bytes = 0;
    if (!elements || element_size == element_sizes.end() ||
        __builtin_mul_overflow(*elements, element_size->second, &bytes) ||
        file.size() - at - sizeof *elements < bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("storage ", in_quotes(key), " is cut short or belongs to no tensor"));
    }
    at += sizeof *elements;
    storages.emplace(key, file.substr(at, bytes));
    at += bytes;
  }
  return place(tensors, storages, file);
}

}  // namespace

absl::StatusOr<std::vector<NamedMappedTensor>> parse_torch_file(absl::string_view file) {
  return absl::StartsWith(file, kOldMagic) ? parse_old(file) : parse_zip(file);
}

absl::StatusOr<TensorMap> read_torch_file(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const auto found = parse_torch_file(file->bytes());
  if (!found.ok()) {
    return absl::Status(found.status().code(), absl::StrCat(path, ": ", found.status().message()));
  }
  TensorMap tensors;
  try {
    for (const auto& [name, tensor] : *found) tensors[name] = view_tensor(file, tensor);
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": ", error.what()));
  }
  return tensors;
}

}  // namespace bittensor
