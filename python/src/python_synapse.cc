// SPDX-License-Identifier: MIT
#include "python/src/python_synapse.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "spdlog/spdlog.h"

namespace bittensor::python {

PythonSynapse::PythonSynapse(py::object module, py::object forward, py::object predict,
                             Schema schema)
    : python_(new Python{std::move(module), std::move(forward), std::move(predict)}),
      schema_(std::move(schema)) {
  adopt_tensors();
}

PythonSynapse::~PythonSynapse() {
  if (Py_IsInitialized() == 0) {
    python_.release();  // Nobody is left to count references.
    return;
  }
  const py::gil_scoped_acquire gil;
  python_.reset();
}

// The module that stands at `path` below this one; made where it is missing.
torch::nn::Module& PythonSynapse::module_at(const std::vector<std::string>& path) {
  torch::nn::Module* at = this;
  for (const std::string& name : path) {
    auto children = at->named_children();
    const auto* child = children.find(name);
    at = child != nullptr ? child->get()
                          : at->register_module(name, std::make_shared<torch::nn::Module>()).get();
  }
  return *at;
}

// What is tied stands once, under its first name.
void PythonSynapse::adopt_tensors() {
  const auto each = [&](const char* names, const auto& adopt) {
    for (const py::handle item : python_->module.attr(names)()) {
      const auto [name, tensor] = item.cast<std::pair<std::string, at::Tensor>>();
      std::vector<std::string> path = absl::StrSplit(name, '.');
      const std::string last = path.back();
      path.pop_back();
      adopt(module_at(path), last, tensor);
    }
  };
  each("named_parameters",
       [](torch::nn::Module& owner, const std::string& name, at::Tensor tensor) {
         owner.register_parameter(name, tensor, tensor.requires_grad());
       });
  each("named_buffers", [](torch::nn::Module& owner, const std::string& name, at::Tensor tensor) {
    owner.register_buffer(name, std::move(tensor));
  });
}

std::shared_ptr<Synapse> PythonSynapse::fresh() const {
  return with_gil([&] {
    py::object copy = py::module_::import("copy").attr("deepcopy")(python_->module);
    auto made = std::make_shared<PythonSynapse>(std::move(copy), python_->forward, python_->predict,
                                                schema_);
    made->is_copy_ = true;
    return made;
  });
}

template <typename Argument>
torch::Tensor PythonSynapse::call(const py::object& function, const Argument& argument) const {
  return with_gil(
      [&] { return function(python_->module, argument).template cast<torch::Tensor>(); });
}

torch::Tensor PythonSynapse::forward_text(const std::vector<std::string>& inputs) {
  if (schema_.modality != Modality::kText) return Synapse::forward_text(inputs);
  return call(python_->forward, inputs);
}

torch::Tensor PythonSynapse::forward_image(const torch::Tensor& inputs) {
  if (schema_.modality != Modality::kImage) return Synapse::forward_image(inputs);
  return call(python_->forward, inputs);
}

torch::Tensor PythonSynapse::forward_tensor(const torch::Tensor& inputs) {
  if (schema_.modality != Modality::kTensor) return Synapse::forward_tensor(inputs);
  return call(python_->forward, inputs);
}

torch::Tensor PythonSynapse::predict(const torch::Tensor& outputs) {
  if (!schema_.task.defined()) return {};
  return call(python_->predict, outputs);
}

void PythonSynapse::train(bool on) {
  Synapse::train(on);
  if (is_copy_) {
    with_gil([&] { python_->module.attr("train")(on); });
  }
}

}  // namespace bittensor::python
