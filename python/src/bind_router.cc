// SPDX-License-Identifier: MIT
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pybind11/stl.h"
#include "python/src/batch.h"
#include "python/src/bindings.h"
#include "python/src/gil.h"

#include "bittensor/router/router.h"

namespace bittensor::python {
namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

NamedTensors named(const torch::OrderedDict<std::string, at::Tensor>& tensors) {
  NamedTensors pairs;
  for (const auto& item : tensors) pairs.emplace_back(item.key(), item.value());
  return pairs;
}

}  // namespace

void bind_router(py::module_& module) {
  py::class_<Route>(module, "Route")
      .def_readonly("synapses", &Route::synapses)
      .def_readonly("scores", &Route::scores)
      .def_readonly("rows", &Route::rows)
      .def_readonly("balance_loss", &Route::balance_loss)
      .def_property_readonly("requests", [](const Route& route) {
        std::vector<Batch> requests;
        for (const Inputs& request : route.requests) requests.push_back(batch_of(request));
        return requests;
      });
  py::class_<Router, std::shared_ptr<Router>>(module, "Router")
      .def(py::init([](std::int64_t x_dim, std::int64_t key_dim, std::int64_t topk,
                       std::int64_t network_dim) {
             Router::Options options;
             options.x_dim = x_dim;
             options.key_dim = key_dim;
             options.topk = topk;
             options.network_dim = network_dim;
             return std::make_shared<Router>(options);
           }),
           py::arg("x_dim"), py::arg("key_dim"), py::arg("topk"), py::arg("network_dim"))
      .def(
          "train", [](Router& router, bool on) { router.train(on); }, NoGil())
      .def("named_parameters",
           [](const Router& router) { return named(router.named_parameters()); })
      .def("named_buffers", [](const Router& router) { return named(router.named_buffers()); })
      .def("take_reassigned", [](Router& router) { return router.keys().take_reassigned(); })
      .def("keys", [](Router& router) { return router.keys().keys(); })
      .def(
          "route",
          [](Router& router, const std::vector<SynapseRecord>& synapses,
             std::optional<at::Tensor> weights, const at::Tensor& context,
             const std::string& modality, Batch batch) {
            return router.route(synapses, or_undefined(std::move(weights)), context,
                                inputs_of(modality_of(modality), std::move(batch)));
          },
          NoGil())
      .def(
          "join",
          [](const Router& router, const Route& route, const std::vector<Answer>& answers,
             std::int64_t sequence) { return router.join(route, answers, sequence); },
          NoGil());
}

}  // namespace bittensor::python
