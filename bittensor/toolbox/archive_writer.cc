// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "caffe2/serialize/inline_container.h"
#include "nlohmann/json.hpp"
#include "torch/csrc/jit/serialization/pickler.h"
#include "torch/types.h"

#include "bittensor/base/hasher.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/archive.h"

namespace bittensor::internal {
namespace {

using Json = nlohmann::json;
using Sections = std::map<std::string, StateDict>;

// The end-of-central-directory record of ZIP (APPNOTE.TXT 4.3.16), without its comment.
constexpr std::size_t kEndSize = 22;

// Takes the archive as PyTorchStreamWriter writes it, hashes it, and puts the comment into
// its last record. It remembers its first error instead of reporting it at once, as
// PyTorchStreamWriter would throw from its destructor.
class Sink {
 public:
  explicit Sink(StagedFile& file) : file_(file) {}

  void write(absl::string_view bytes) {
    if (bytes.data() != nullptr && bytes.data() == awaited_) found_at_ = position_;
    position_ += bytes.size();
    // The last bytes are held back, to be changed when they prove to be the archive's last.
    if (bytes.size() < kEndSize) {
      held_.append(bytes.data(), bytes.size());
      const std::size_t ready = held_.size() - std::min(held_.size(), kEndSize);
      pass_on(absl::string_view(held_).substr(0, ready));
      held_.erase(0, ready);
      return;
    }
    pass_on(held_);
    pass_on(bytes.substr(0, bytes.size() - kEndSize));
    held_ = std::string(bytes.substr(bytes.size() - kEndSize));
  }

  // The record that begins at `data` is about to come.
  void await(const void* data) {
    awaited_ = data;
    found_at_ = 0;
  }
  // Where it began in the file.
  std::size_t found_at() {
    if (awaited_ != nullptr && found_at_ == 0) {
      error_.Update(absl::InternalError("libtorch copies records before it writes them"));
    }
    return found_at_;
  }

  absl::Status finish(std::size_t index_offset, std::size_t index_size) {
    BITTENSOR_RETURN_IF_ERROR(error_);
    const std::string comment =
        absl::StrFormat("%s index=%016x+%016x blake2b=", kFormat, index_offset, index_size);
    if (held_.size() != kEndSize || held_.compare(0, 4, "PK\x05\x06") != 0) {
      return absl::InternalError("libtorch ends its archives in another way");
    }
    held_[kEndSize - 2] = static_cast<char>(kCommentSize & 0xff);
    held_[kEndSize - 1] = static_cast<char>(kCommentSize >> 8);
    pass_on(held_);
    pass_on(comment);
    BITTENSOR_RETURN_IF_ERROR(error_);
    return file_.append(absl::BytesToHexString(hasher_.finish()));
  }

 private:
  void pass_on(absl::string_view bytes) {
    if (!error_.ok()) return;
    hasher_.add(bytes);
    error_ = file_.append(bytes);
  }

  StagedFile& file_;
  Hasher hasher_;
  absl::Status error_;
  std::string held_;
  std::size_t position_ = 0;
  const void* awaited_ = nullptr;
  std::size_t found_at_ = 0;
};

// A tensor whose storage holds its elements and nothing else, so that a view of a large
// tensor does not bring all of that into the file.
absl::StatusOr<at::Tensor> compact(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || tensor.is_quantized() ||
      tensor.is_complex()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is not a plain dense tensor"));
  }
  at::Tensor result = tensor.detach().cpu().contiguous();
  return result.storage().nbytes() == result.nbytes() ? result : result.clone();
}

absl::StatusOr<Sections> compact_sections(const Checkpoint& checkpoint) {
  Sections sections{{"synapse", checkpoint.synapse},
                    {"router", checkpoint.router},
                    {"optimizer", checkpoint.optimizer.tensors},
                    {"neuron", checkpoint.neuron}};
  for (auto& [section, state] : sections) {
    for (auto& [name, tensor] : state) {
      BITTENSOR_ASSIGN_OR_RETURN(tensor, compact(name, tensor));
    }
  }
  return sections;
}

// What torch.load() returns: a dict of plain numbers, texts, and dicts of tensors.
c10::IValue for_python(const Checkpoint& checkpoint, const Sections& sections) {
  c10::impl::GenericDict all(c10::StringType::get(), c10::AnyType::get());
  all.insert("format", std::string(kFormat));
  all.insert("kind", checkpoint.kind);
  all.insert("epoch", checkpoint.epoch);
  all.insert("step", checkpoint.step);
  // As a tensor: torch.load(weights_only=True) of PyTorch 1.13 reads no floats.
  all.insert("best_test_loss", torch::tensor(checkpoint.best_test_loss, torch::kFloat64));
  all.insert("optimizer_kind", checkpoint.optimizer.kind);
  c10::impl::GenericDict config(c10::StringType::get(), c10::StringType::get());
  for (const auto& [name, value] : checkpoint.config) config.insert(name, value);
  all.insert("config", config);
  for (const auto& [section, state] : sections) {
    c10::impl::GenericDict tensors(c10::StringType::get(), c10::TensorType::get());
    for (const auto& [name, tensor] : state) tensors.insert(name, tensor);
    all.insert(section, tensors);
  }
  return all;
}

Json index_of(const Checkpoint& checkpoint, const Sections& sections,
              const std::unordered_map<const void*, std::size_t>& offsets) {
  Json tensors = Json::object();
  for (const auto& [section, state] : sections) {
    Json& entries = tensors[section] = Json::object();
    for (const auto& [name, tensor] : state) {
      const std::size_t offset = tensor.numel() == 0 ? 0 : offsets.at(tensor.data_ptr());
      entries[name] = {{"dtype", c10::toString(tensor.scalar_type())},
                       {"shape", tensor.sizes().vec()},
                       {"offset", offset}};
    }
  }
  // JSON has no infinity.
  const Json best =
      std::isfinite(checkpoint.best_test_loss) ? Json(checkpoint.best_test_loss) : Json(nullptr);
  return {{"kind", checkpoint.kind},     {"epoch", checkpoint.epoch},
          {"step", checkpoint.step},     {"best_test_loss", best},
          {"config", checkpoint.config}, {"optimizer_kind", checkpoint.optimizer.kind},
          {"tensors", tensors}};
}

absl::StatusOr<std::string> to_text(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("a text is not UTF-8: ", error.what()));
  }
}

}  // namespace

absl::Status write_archive(const Checkpoint& checkpoint, StagedFile& file) {
  BITTENSOR_ASSIGN_OR_RETURN(const Sections sections, compact_sections(checkpoint));
  std::string pickle;
  // Without tags: newer PyTorch loads only files that name no TorchScript types.
  torch::jit::Pickler pickler(
      [&](const char* data, std::size_t size) { pickle.append(data, size); }, nullptr, nullptr,
      nullptr, nullptr, /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(for_python(checkpoint, sections));
  pickler.stop();

  Sink sink(file);
  std::size_t index_size = 0;
  {
    caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, std::size_t size) {
      sink.write({static_cast<const char*>(data), size});
      return size;
    });
    std::unordered_map<const void*, std::size_t> offsets;
    std::size_t number = 0;
    for (const at::Tensor& tensor : pickler.tensorData()) {
      const void* data = tensor.storage().data();
      sink.await(data);
      writer.writeRecord(absl::StrCat("data/", number++), data, tensor.storage().nbytes());
      offsets[data] = sink.found_at();
    }
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    BITTENSOR_ASSIGN_OR_RETURN(const std::string index,
                               to_text(index_of(checkpoint, sections, offsets)));
    index_size = index.size();
    sink.await(index.data());
    writer.writeRecord("bittensor.json", index.data(), index.size());
    writer.writeEndOfFile();
  }
  return sink.finish(sink.found_at(), index_size);
}

}  // namespace bittensor::internal
