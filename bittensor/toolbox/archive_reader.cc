// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "torch/types.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/hasher.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/archive.h"

namespace bittensor::internal {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDimensions = 16;

absl::Status damaged(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("is damaged or not a checkpoint: ", why));
}

class Source {
 public:
  static absl::StatusOr<Source> open(const std::string& path) {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return absl::ErrnoToStatus(errno, "cannot be opened");
    struct stat info {};
    if (fstat(file.fd(), &info) != 0) return absl::ErrnoToStatus(errno, "cannot be read");
    if (!S_ISREG(info.st_mode)) return damaged("not a regular file");
    return Source(std::move(file), static_cast<std::size_t>(info.st_size));
  }

  std::size_t size() const { return size_; }
  bool contains(std::size_t offset, std::size_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }

  // The range must lie within the file.
  absl::Status read(std::size_t offset, void* to, std::size_t size) const {
    char* next = static_cast<char*>(to);
    while (size > 0) {
      const ssize_t n = pread(file_.fd(), next, size, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return absl::ErrnoToStatus(errno, "cannot be read");
      if (n == 0) return damaged("it became shorter");
      next += n;
      offset += static_cast<std::size_t>(n);
      size -= static_cast<std::size_t>(n);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> read(std::size_t offset, std::size_t size) const {
    std::string text(size, '\0');
    BITTENSOR_RETURN_IF_ERROR(read(offset, text.data(), size));
    return text;
  }

 private:
  Source(File file, std::size_t size) : file_(std::move(file)), size_(size) {}

  File file_;
  std::size_t size_;
};

absl::Status check_hash(const Source& source, absl::string_view expected) {
  constexpr std::size_t kPiece = 1 << 20;
  Hasher hasher;
  const std::size_t end = source.size() - kHashDigits;
  for (std::size_t at = 0; at < end; at += kPiece) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::string piece,
                               source.read(at, std::min(kPiece, end - at)));
    hasher.add(piece);
  }
  if (absl::BytesToHexString(hasher.finish()) != expected) {
    return damaged("its content does not have its checksum");
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> read_index(const Source& source) {
  if (source.size() < kCommentSize) return damaged("too short");
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text,
                             source.read(source.size() - kCommentSize, kCommentSize));
  absl::string_view comment = text;
  if (!absl::ConsumePrefix(&comment, kFormat) || !absl::ConsumePrefix(&comment, " index=")) {
    return damaged(absl::StrCat("it does not end with the comment of ", kFormat));
  }
  BITTENSOR_RETURN_IF_ERROR(check_hash(source, comment.substr(comment.size() - kHashDigits)));

  std::size_t offset = 0;
  std::size_t size = 0;
  if (!absl::SimpleHexAtoi(comment.substr(0, 16), &offset) ||
      !absl::SimpleHexAtoi(comment.substr(17, 16), &size) || !source.contains(offset, size)) {
    return damaged("its index lies outside");
  }
  BITTENSOR_ASSIGN_OR_RETURN(const std::string index, source.read(offset, size));
  Json json = Json::parse(index, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return damaged("its index is not a JSON object");
  return json;
}

// A member of a JSON object whose form has been checked by `is`, or null.
const Json* member(const Json& object, const char* name, bool (Json::*is)() const noexcept) {
  const auto found = object.find(name);
  return found != object.end() && ((*found).*is)() ? &*found : nullptr;
}

absl::StatusOr<at::ScalarType> parse_dtype(absl::string_view name) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong,
                                     at::kInt, at::kShort, at::kChar, at::kByte, at::kBool}) {
    if (name == c10::toString(dtype)) return dtype;
  }
  return damaged(absl::StrCat("elements of unknown type ", name));
}

bool all_bools(const at::Tensor& tensor) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.data_ptr());
  return std::all_of(bytes, bytes + tensor.nbytes(), [](unsigned char byte) { return byte < 2; });
}

struct Shape {
  std::vector<std::int64_t> sizes;
  std::size_t elements = 1;
};

// At most `max` elements.
absl::StatusOr<Shape> parse_shape(const Json& json, std::size_t max) {
  Shape shape;
  bool empty = false;
  if (json.size() > kMaxDimensions) return damaged("a tensor of too many dimensions");
  for (const Json& item : json) {
    if (!item.is_number_unsigned()) return damaged("a shape that is not valid");
    const auto size = item.get<std::uint64_t>();
    if (size > max / shape.elements && size > 0) return damaged("a tensor larger than the file");
    shape.sizes.push_back(static_cast<std::int64_t>(size));
    empty = empty || size == 0;
    if (size > 0) shape.elements *= size;
  }
  if (empty) shape.elements = 0;
  return shape;
}

// Reads tensors. All together are not larger than the file, although an index might name
// the same bytes again and again.
class TensorReader {
 public:
  explicit TensorReader(const Source& source) : source_(source), left_(source.size()) {}

  absl::StatusOr<StateDict> section(const Json& tensors, const char* name) {
    const Json* entries = member(tensors, name, &Json::is_object);
    if (entries == nullptr) return damaged(absl::StrCat("no section ", name));
    StateDict state;
    for (const auto& [key, entry] : entries->items()) {
      BITTENSOR_ASSIGN_OR_RETURN(state[key], tensor(entry));
    }
    return state;
  }

 private:
  absl::StatusOr<at::Tensor> tensor(const Json& entry) {
    if (!entry.is_object()) return damaged("a malformed entry");
    const Json* dtype_name = member(entry, "dtype", &Json::is_string);
    const Json* sizes = member(entry, "shape", &Json::is_array);
    const Json* offset_number = member(entry, "offset", &Json::is_number_unsigned);
    if (dtype_name == nullptr || sizes == nullptr || offset_number == nullptr) {
      return damaged("an entry without dtype, shape or offset");
    }
    BITTENSOR_ASSIGN_OR_RETURN(const at::ScalarType dtype,
                               parse_dtype(dtype_name->get_ref<const std::string&>()));
    const std::size_t width = c10::elementSize(dtype);
    BITTENSOR_ASSIGN_OR_RETURN(const Shape shape, parse_shape(*sizes, source_.size() / width));
    const std::size_t offset = offset_number->get<std::size_t>();
    const std::size_t bytes = shape.elements * width;
    if (!source_.contains(offset, bytes)) return damaged("a tensor lies outside");

    // Tied parameters lie in the file once.
    at::Tensor& known = by_offset_[offset];
    if (bytes > 0 && known.defined() && known.scalar_type() == dtype &&
        known.sizes() == at::IntArrayRef(shape.sizes)) {
      return known;
    }
    if (bytes > left_) return damaged("its tensors are larger than the file");
    left_ -= bytes;
    at::Tensor result = torch::empty(shape.sizes, torch::dtype(dtype));
    BITTENSOR_RETURN_IF_ERROR(source_.read(offset, result.data_ptr(), bytes));
    if (dtype == at::kBool && !all_bools(result)) return damaged("a bool that is neither");
    if (bytes > 0) known = result;
    return result;
  }

  const Source& source_;
  std::size_t left_;
  std::unordered_map<std::size_t, at::Tensor> by_offset_;
};

absl::Status read_numbers(const Json& index, Checkpoint& checkpoint) {
  const Json* epoch = member(index, "epoch", &Json::is_number_integer);
  const Json* step = member(index, "step", &Json::is_number_integer);
  const Json* kind = member(index, "kind", &Json::is_string);
  const Json* optimizer = member(index, "optimizer_kind", &Json::is_string);
  const Json* config = member(index, "config", &Json::is_object);
  if (epoch == nullptr || step == nullptr || kind == nullptr || optimizer == nullptr ||
      config == nullptr) {
    return damaged("epoch, step, kind, optimizer_kind or config is missing");
  }
  checkpoint.epoch = epoch->get<std::int64_t>();
  checkpoint.step = step->get<std::int64_t>();
  checkpoint.kind = kind->get<std::string>();
  checkpoint.optimizer.kind = optimizer->get<std::string>();
  for (const auto& [name, value] : config->items()) {
    if (!value.is_string()) return damaged("a config value that is not a text");
    checkpoint.config[name] = value.get<std::string>();
  }
  if (const Json* best = member(index, "best_test_loss", &Json::is_number)) {
    checkpoint.best_test_loss = best->get<double>();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> read_archive(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const Source source, Source::open(path));
  BITTENSOR_ASSIGN_OR_RETURN(const Json index, read_index(source));
  Checkpoint checkpoint;
  BITTENSOR_RETURN_IF_ERROR(read_numbers(index, checkpoint));
  const Json* tensors = member(index, "tensors", &Json::is_object);
  if (tensors == nullptr) return damaged("no tensors");
  TensorReader reader(source);
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.synapse, reader.section(*tensors, "synapse"));
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.router, reader.section(*tensors, "router"));
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.optimizer.tensors, reader.section(*tensors, "optimizer"));
  if (tensors->contains("neuron")) {  // Older files have none.
    BITTENSOR_ASSIGN_OR_RETURN(checkpoint.neuron, reader.section(*tensors, "neuron"));
  }
  return checkpoint;
}

}  // namespace bittensor::internal
