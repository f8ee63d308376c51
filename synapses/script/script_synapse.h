// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "torch/script.h"

#include "bittensor/synapse/synapse.h"

namespace bittensor {

// A model from a file of TorchScript, as torch.jit.script() or torch.jit.trace() and save() write
// it, as a frozen expert: it answers, and passes gradients of its inputs back, but has nothing that
// is trained. Of text its forward() takes a List[str].
class ScriptSynapse final : public Synapse {
 public:
  // Reads the file, and has the model answer two rows of zeros (two short texts), sizes of -1 taken
  // as 32: what `schema.network_dim` is follows from the answer. kNotFound if there is no such
  // file; kInvalidArgument, with its name, if it is no TorchScript, or if the model fails or
  // answers anything but [batch, network_dim], to text [batch, sequence, network_dim].
  //
  // TorchScript is a program: it is to come from somebody whom the user trusts.
  static absl::StatusOr<std::shared_ptr<ScriptSynapse>> open(const std::string& path, Schema schema,
                                                             torch::Device device = torch::kCPU);

  // `module` is in evaluation mode and on `device`.
  ScriptSynapse(torch::jit::Module module, Schema schema, torch::Device device)
      : module_(std::move(module)), schema_(std::move(schema)), device_(device) {}

  Schema schema() const override { return schema_; }
  std::shared_ptr<Synapse> fresh() const override;

  torch::Tensor forward_text(const std::vector<std::string>& inputs) override;
  torch::Tensor forward_image(const torch::Tensor& inputs) override;
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override;

 private:
  torch::Tensor run(const torch::jit::IValue& inputs);

  torch::jit::Module module_;
  const Schema schema_;
  const torch::Device device_;
};

}  // namespace bittensor
