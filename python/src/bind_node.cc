// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pybind11/stl.h"
#include "python/src/batch.h"
#include "python/src/bindings.h"
#include "python/src/gil.h"
#include "python/src/node.h"
#include "python/src/python_synapse.h"
#include "python/src/status.h"

#include "bittensor/base/logging.h"
#include "bittensor/neuron/training_step.h"

namespace bittensor::python {
namespace {

using Synapses = std::vector<SynapseRecord>;

TimePoint after(double seconds) {
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void check_sizes(std::size_t given, const char* what, const Synapses& synapses) {
  if (given == synapses.size()) return;
  throw py::value_error(absl::StrCat(given, " ", what, " for ", synapses.size(), " synapses"));
}

// Answers that the peers can be taught by are leaves of the graph, whose gradients backward()
// keeps.
std::vector<Answer> forward(Node& node, const std::string& modality, const Synapses& synapses,
                            std::vector<Batch> requests) {
  check_sizes(requests.size(), "requests", synapses);
  const bool teaches = at::GradMode::is_enabled() && node.learning().give != Give::kAnswers;
  std::vector<Inputs> inputs;
  std::vector<Dendrite::Extras> extras(synapses.size());
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    inputs.push_back(inputs_of(modality_of(modality), std::move(requests[i])));
    extras[i].keep =
        teaches && inputs.back().batch() > 0 && node.dendrite().learns(synapses[i].key);
  }
  Dendrite::Pending pending =
      node.dendrite().forward_async(synapses, std::move(inputs), std::move(extras));
  auto answers = wait_for_answers(pending, &node.watch(), /*usual=*/false);
  for (Answer& answer : answers) {
    if (answer.status.ok() && answer.call_id != 0 && answer.output.is_leaf()) {
      answer.output.requires_grad_(teaches);
    }
  }
  return answers;
}

void teach(Node& node, const std::string& modality, const Synapses& synapses,
           const std::vector<Answer>& answers) {
  check_sizes(answers.size(), "answers", synapses);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    const bool leaf = answer.output.defined() && answer.output.is_leaf();
    if (!leaf || answer.call_id == 0 || !answer.output.grad().defined()) continue;
    node.dendrite().teach(synapses[i], modality_of(modality), answer.call_id, answer.output.grad());
    answer.output.mutable_grad() = at::Tensor();  // Once.
  }
}

}  // namespace

void bind_node(py::module_& module) {
  py::class_<Watch::Wait>(module, "Wait")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](py::object self, const py::args&) {
        // What is waited for is gone with the object: it ends here, whoever still has it.
        Watch::Wait ended(std::move(self.cast<Watch::Wait&>()));
      });
  py::class_<PythonSynapse, std::shared_ptr<PythonSynapse>>(module, "Synapse")
      .def(py::init<py::object, py::object, py::object, Schema>(), py::arg("module"),
           py::arg("forward"), py::arg("predict"), py::arg("schema"))
      .def_property_readonly("schema", &PythonSynapse::schema);

  py::class_<Node, std::shared_ptr<Node>>(module, "Node")
      .def(py::init([](const NeuronOptions& options, const std::optional<Schema>& schema) {
             const py::gil_scoped_release no_gil;
             check(start_logging(options.log_level));
             auto node = check(Node::open(options, &signalled));
             if (schema) node->set_schema(*schema);
             return std::shared_ptr<Node>(node.release(), DeleteWithoutGil<Node>());
           }),
           py::arg("options"), py::arg("schema") = py::none())
      .def(
          "serve", [](Node& node, const PythonSynapse& synapse) { node.serve(synapse); }, NoGil())
      .def("set_schema", &Node::set_schema, NoGil())
      .def("subscribe", &Node::subscribe, NoGil())
      .def(
          "start_axon", [](Node& node) { check(node.start_axon()); }, NoGil())
      .def(
          "start_metagraph", [](Node& node) { check(node.start_metagraph()); }, NoGil())
      .def("stop_axon", &Node::stop_axon, NoGil())
      .def("stop_metagraph", &Node::stop_metagraph, NoGil())
      .def("stop", &Node::stop, NoGil())
      .def(
          "wait",
          [](Node& node, std::string what, std::optional<double> seconds) {
            std::optional<TimePoint> until;
            if (seconds) until = after(*seconds);
            return node.watch().wait(std::move(what), until);
          },
          py::arg("what"), py::arg("seconds") = py::none(), py::keep_alive<0, 1>())
      .def(
          "step_done",
          [](Node& node, std::int64_t steps, std::int64_t samples, std::optional<at::Tensor> loss) {
            node.step_done(steps, samples, or_undefined(std::move(loss)));
          },
          py::arg("steps"), py::arg("samples"), py::arg("loss"), NoGil())
      .def_property_readonly("options", &Node::options, py::return_value_policy::copy)
      .def_property_readonly("key", [](const Node& node) { return node.key().hex(); })
      .def(
          "axon_port", [](Node& node) { return node.axon().port(); }, NoGil())
      .def(
          "address", [](Node& node) { return node.metagraph().address(); }, NoGil())
      .def(
          "size", [](Node& node) { return node.metagraph().size(); }, NoGil())
      .def(
          "proven", [](Node& node) { return node.metagraph().proven(); }, NoGil())
      .def(
          "get_synapses",
          [](Node& node, std::size_t n) { return node.metagraph().get_synapses(n); }, NoGil())
      .def(
          "get_weights",
          [](Node& node, const std::vector<SynapseRecord>& synapses) {
            return node.metagraph().get_weights(synapses);
          },
          NoGil())
      .def(
          "set_weights",
          [](Node& node, const std::vector<SynapseRecord>& synapses, const at::Tensor& weights) {
            TORCH_CHECK(
                weights.dim() == 1 && weights.size(0) == static_cast<std::int64_t>(synapses.size()),
                "weights of shape ", weights.sizes(), " for ", synapses.size(), " synapses");
            node.metagraph().set_weights(synapses, weights.detach());
          },
          NoGil())
      .def(
          "available",
          [](Node& node, const std::vector<SynapseRecord>& synapses, const std::string& modality,
             Batch batch) {
            return node.dendrite().available(synapses,
                                             inputs_of(modality_of(modality), std::move(batch)));
          },
          NoGil())
      .def("forward", &forward, NoGil())
      .def("teach", &teach, NoGil())
      .def(
          "learn_from_others",
          [](Node& node, const std::vector<at::Tensor>& parameters) {
            node.learn_from_others(parameters);
          },
          NoGil())
      .def(
          "stats",
          [](Node& node) {
            const Axon::Stats axon = node.axon().stats();
            const Dendrite::Stats dendrite = node.dendrite().stats();
            return std::map<std::string, std::uint64_t>{
                {"requests_answered", axon.answered},
                {"requests_refused", axon.refused},
                {"requests_failed", axon.failed},
                {"gradients_taken", axon.gradients},
                {"lessons_taken", axon.lessons},
                {"answers_ok", dendrite.ok},
                {"answers_failed", dendrite.failed},
                {"answers_local", dendrite.local},
                {"lessons_given", dendrite.lessons_given},
                {"gradients_given", dendrite.gradients_given}};
          },
          NoGil());
}

}  // namespace bittensor::python
