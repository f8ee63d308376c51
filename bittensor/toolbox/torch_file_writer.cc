// SPDX-License-Identifier: MIT
#include "absl/strings/str_cat.h"
#include "caffe2/serialize/inline_container.h"
#include "torch/csrc/jit/serialization/pickler.h"
#include "torch/types.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/status_of.h"
#include "bittensor/toolbox/torch_file.h"

namespace bittensor {
namespace {

// A tensor on the CPU whose storage holds its elements and nothing else.
at::Tensor compact(const at::Tensor& tensor) {
  at::Tensor result = tensor.detach().cpu().contiguous();
  return result.storage().nbytes() == result.nbytes() ? result : result.clone();
}

absl::Status write(StagedFile& file, const TensorMap& tensors) {
  c10::impl::GenericDict state(c10::StringType::get(), c10::TensorType::get());
  for (const auto& [name, tensor] : tensors) state.insert(name, compact(tensor));
  std::string pickle;
  // Without tags: newer PyTorch loads only files that name no TorchScript types.
  torch::jit::Pickler pickler(
      [&](const char* data, std::size_t size) { pickle.append(data, size); }, nullptr, nullptr,
      nullptr, nullptr, /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(state);
  pickler.stop();

  absl::Status status;  // PyTorchStreamWriter would throw it from its destructor.
  {
    caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, std::size_t size) {
      if (status.ok()) status = file.append({static_cast<const char*>(data), size});
      return size;
    });
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    std::size_t number = 0;
    for (const at::Tensor& tensor : pickler.tensorData()) {
      writer.writeRecord(absl::StrCat("data/", number++), tensor.storage().data(),
                         tensor.storage().nbytes());
    }
    writer.writeEndOfFile();
  }
  return status;
}

}  // namespace

absl::Status write_torch_file(const std::string& path, const TensorMap& tensors) {
  BITTENSOR_ASSIGN_OR_RETURN(StagedFile file, StagedFile::create(path, 0666));
  BITTENSOR_RETURN_IF_ERROR(internal::status_of([&] { return write(file, tensors); }));
  return file.publish();
}

}  // namespace bittensor
