// SPDX-License-Identifier: MIT
//
// bittensor_cpp._core: the library's classes as Python sees them. What users see is written in
// Python (python/bittensor_cpp), over these.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "pybind11/stl.h"
#include "python/src/conversation.h"
#include "python/src/gil.h"
#include "python/src/node.h"
#include "python/src/python_synapse.h"

#include "bittensor/base/logging.h"
#include "bittensor/neuron/options.h"
#include "bittensor/router/router.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor::python {
namespace {

// A Status on its way to Python, where it is a bittensor_cpp.StatusError.
class StatusError : public std::exception {
 public:
  explicit StatusError(absl::Status status) : status_(std::move(status)) {}
  const absl::Status& status() const { return status_; }

 private:
  const absl::Status status_;
};

void check(absl::Status status) {
  if (!status.ok()) throw StatusError(std::move(status));
}

template <typename T>
T check(absl::StatusOr<T> value) {
  check(value.status());
  return *std::move(value);
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const StatusError& error) {
    const py::object type = py::module_::import("bittensor_cpp.errors").attr("StatusError");
    const py::object raised = type(absl::StatusCodeToString(error.status().code()),
                                   std::string(error.status().message()));
    PyErr_SetObject(type.ptr(), raised.ptr());
  } catch (const c10::Error& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what_without_backtrace());
  }
}

// A batch as Python gives it: a tensor, or a list of str.
using Batch = std::variant<at::Tensor, std::vector<std::string>>;
using Tensors = std::map<std::string, at::Tensor>;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

Inputs inputs_of(Modality modality, Batch batch) {
  const bool text = std::holds_alternative<std::vector<std::string>>(batch);
  if (text != (modality == Modality::kText)) {
    throw py::type_error(text ? absl::StrCat("a list of str for ", to_string(modality), " inputs")
                              : "a tensor for text: a list of str is needed");
  }
  if (text) return Inputs::of_text(std::get<std::vector<std::string>>(std::move(batch)));
  return {modality, std::get<at::Tensor>(std::move(batch)), {}};
}

Batch batch_of(const Inputs& inputs) {
  if (inputs.modality == Modality::kText) return inputs.text;
  return inputs.tensor;
}

Modality modality_of(const std::string& name) {
  for (const Modality modality : {Modality::kText, Modality::kImage, Modality::kTensor}) {
    if (name == to_string(modality)) return modality;
  }
  throw py::value_error(absl::StrCat("no modality '", name, "': text, image or tensor"));
}

NamedTensors named(const torch::OrderedDict<std::string, at::Tensor>& tensors) {
  NamedTensors pairs;
  for (const auto& item : tensors) pairs.emplace_back(item.key(), item.value());
  return pairs;
}

at::Tensor or_undefined(std::optional<at::Tensor> tensor) {
  return tensor ? *std::move(tensor) : at::Tensor();
}

// The options that `arguments` name, as of a command line; or the text of --help.
std::variant<NeuronOptions, std::string> parse_options(std::vector<std::string> arguments) {
  NeuronOptions options;
  options.log_level = "warning";  // Of a program that has its own things to say.
  CLI::App app("A neuron", "bittensor_cpp");
  add_neuron_options(app, options);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::ParseError& error) {
    throw py::value_error(error.what());
  }
  return options;
}

Schema make_schema(const std::string& modality, std::vector<std::int64_t> shape,
                   const py::object& dtype, std::int64_t network_dim, std::string task,
                   std::int64_t classes) {
  Schema schema;
  schema.modality = modality_of(modality);
  schema.shape = std::move(shape);
  // Through a tensor, since the type has no public way to C++ that all releases have.
  if (!dtype.is_none()) {
    schema.dtype = py::module_::import("torch")
                       .attr("empty")(0, py::arg("dtype") = dtype)
                       .cast<at::Tensor>()
                       .scalar_type();
  }
  schema.network_dim = network_dim;
  schema.task = {std::move(task), classes};
  return check(from_proto(to_proto(schema)));
}

void bind_options(py::module_& module) {
  py::class_<NeuronOptions> options(module, "Options");
#define BITTENSOR_FIELD(name) options.def_readwrite(#name, &NeuronOptions::name)
  BITTENSOR_FIELD(axon_port);
  BITTENSOR_FIELD(metagraph_port);
  BITTENSOR_FIELD(bootstrap);
  BITTENSOR_FIELD(remote_ip);
  BITTENSOR_FIELD(listen_ip);
  BITTENSOR_FIELD(min_peers);
  BITTENSOR_FIELD(timeout);
  BITTENSOR_FIELD(give);
  BITTENSOR_FIELD(learn_from);
  BITTENSOR_FIELD(known);
  BITTENSOR_FIELD(neuron_key);
  BITTENSOR_FIELD(load_model);
  BITTENSOR_FIELD(save_model);
  BITTENSOR_FIELD(data);
  BITTENSOR_FIELD(epochs);
  BITTENSOR_FIELD(steps);
  BITTENSOR_FIELD(batch_size_train);
  BITTENSOR_FIELD(batch_size_test);
  BITTENSOR_FIELD(learning_rate);
  BITTENSOR_FIELD(momentum);
  BITTENSOR_FIELD(topk);
  BITTENSOR_FIELD(max_peers);
  BITTENSOR_FIELD(ask_interval);
  BITTENSOR_FIELD(serve_interval);
  BITTENSOR_FIELD(seed);
  BITTENSOR_FIELD(device);
  BITTENSOR_FIELD(threads);
  BITTENSOR_FIELD(train_images);
  BITTENSOR_FIELD(test_images);
  BITTENSOR_FIELD(log_interval);
  BITTENSOR_FIELD(log_level);
  BITTENSOR_FIELD(stay);
#undef BITTENSOR_FIELD
  module.def("parse_options", &parse_options);
}

void bind_records(py::module_& module) {
  py::class_<Schema>(module, "Schema")
      .def(py::init(&make_schema), py::arg("modality"), py::arg("shape"), py::arg("dtype"),
           py::arg("network_dim"), py::arg("task"), py::arg("classes"))
      .def_property_readonly("modality",
                             [](const Schema& schema) { return to_string(schema.modality); })
      .def_readonly("shape", &Schema::shape)
      .def_readonly("network_dim", &Schema::network_dim)
      .def_property_readonly("task", [](const Schema& schema) { return schema.task.name; })
      .def_property_readonly("classes", [](const Schema& schema) { return schema.task.classes; })
      .def("__repr__", [](const Schema& schema) { return to_string(schema); });
  py::class_<SynapseRecord>(module, "SynapseRecord")
      .def_property_readonly("key", [](const SynapseRecord& record) { return record.key.hex(); })
      .def_readonly("axon_address", &SynapseRecord::axon_address)
      .def_readonly("schema", &SynapseRecord::schema)
      .def("__repr__", [](const SynapseRecord& record) {
        return absl::StrCat("<synapse ", record.key.short_hex(), " at ", record.axon_address, ": ",
                            to_string(record.schema), ">");
      });
  py::class_<Answer>(module, "Answer")
      .def_property_readonly("ok", [](const Answer& answer) { return answer.status.ok(); })
      .def_property_readonly(
          "code",
          [](const Answer& answer) { return absl::StatusCodeToString(answer.status.code()); })
      .def_property_readonly(
          "message", [](const Answer& answer) { return std::string(answer.status.message()); })
      .def_readonly("output", &Answer::output)
      .def_readonly("prediction", &Answer::prediction)
      .def_property_readonly(
          "seconds",
          [](const Answer& answer) { return std::chrono::duration<double>(answer.took).count(); })
      .def("__repr__", [](const Answer& answer) {
        return answer.status.ok() ? absl::StrCat("<answer of ", answer.output.size(0), " rows>")
                                  : absl::StrCat("<no answer: ", answer.status.ToString(), ">");
      });
}

void bind_node(py::module_& module) {
  py::class_<PythonSynapse, std::shared_ptr<PythonSynapse>>(module, "Synapse")
      .def(py::init<py::object, py::object, py::object, Schema>(), py::arg("module"),
           py::arg("forward"), py::arg("predict"), py::arg("schema"))
      .def_property_readonly("schema", &PythonSynapse::schema);

  py::class_<Node, std::shared_ptr<Node>>(module, "Node")
      .def(py::init([](const NeuronOptions& options, const std::optional<Schema>& schema) {
             const py::gil_scoped_release no_gil;
             check(start_logging(options.log_level));
             auto node = check(Node::open(options, schema ? schema->task : Task(), &signalled));
             return std::shared_ptr<Node>(node.release(), DeleteWithoutGil<Node>());
           }),
           py::arg("options"), py::arg("schema") = py::none())
      .def(
          "serve", [](Node& node, const PythonSynapse& synapse) { node.serve(synapse); }, NoGil())
      .def("subscribe", &Node::subscribe, NoGil())
      .def(
          "start_axon", [](Node& node) { check(node.start_axon()); }, NoGil())
      .def(
          "start_metagraph", [](Node& node) { check(node.start_metagraph()); }, NoGil())
      .def("stop_axon", &Node::stop_axon, NoGil())
      .def("stop_metagraph", &Node::stop_metagraph, NoGil())
      .def("stop", &Node::stop, NoGil())
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
      .def(
          "forward",
          [](Node& node, const std::string& modality, const std::vector<SynapseRecord>& synapses,
             std::vector<Batch> requests) {
            if (requests.size() != synapses.size()) {
              throw py::value_error(
                  absl::StrCat(requests.size(), " requests for ", synapses.size(), " synapses"));
            }
            std::vector<Inputs> inputs;
            for (Batch& request : requests) {
              inputs.push_back(inputs_of(modality_of(modality), std::move(request)));
            }
            return node.dendrite().forward(synapses, std::move(inputs));
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

void bind_conversation(py::module_& module) {
  py::class_<Conversation::Question>(module, "Question")
      .def(
          "ready",
          [](const Conversation::Question& question) {
            return question.heard || question.asked.pending.ready();
          },
          NoGil());
  py::class_<Conversation>(module, "Conversation")
      .def(py::init([](std::shared_ptr<Node> node, std::shared_ptr<PythonSynapse> synapse,
                       std::shared_ptr<Router> router) {
             return std::make_unique<Conversation>(std::move(node), std::move(synapse),
                                                   std::move(router));
           }),
           py::arg("node"), py::arg("synapse"), py::arg("router"))
      .def(
          "ask",
          [](Conversation& conversation, const std::string& modality, Batch batch,
             std::optional<at::Tensor> labels, std::optional<at::Tensor> context) {
            return conversation.ask(inputs_of(modality_of(modality), std::move(batch)),
                                    or_undefined(std::move(labels)),
                                    or_undefined(std::move(context)));
          },
          NoGil())
      .def("hear", &Conversation::hear, NoGil())
      .def("balance_loss", &Conversation::balance_loss)
      .def("prediction", &Conversation::prediction, NoGil())
      .def("synapses", &Conversation::synapses)
      .def("answers", &Conversation::answers)
      .def("learn", &Conversation::learn, NoGil());
}

void bind_toolbox(py::module_& module) {
  py::class_<Checkpoint>(module, "Checkpoint")
      .def(py::init())
      .def_readwrite("kind", &Checkpoint::kind)
      .def_readwrite("config", &Checkpoint::config)
      .def_readwrite("epoch", &Checkpoint::epoch)
      .def_readwrite("step", &Checkpoint::step)
      .def_readwrite("best_test_loss", &Checkpoint::best_test_loss)
      .def_readwrite("synapse", &Checkpoint::synapse)
      .def_readwrite("router", &Checkpoint::router)
      .def_readwrite("neuron", &Checkpoint::neuron)
      .def_property(
          "optimizer_kind", [](const Checkpoint& saved) { return saved.optimizer.kind; },
          [](Checkpoint& saved, std::string kind) { saved.optimizer.kind = std::move(kind); })
      .def_property(
          "optimizer", [](const Checkpoint& saved) { return saved.optimizer.tensors; },
          [](Checkpoint& saved, Tensors tensors) { saved.optimizer.tensors = std::move(tensors); });
  module.def(
      "save_checkpoint",
      [](const std::string& path, const Checkpoint& checkpoint) {
        check(save_checkpoint(path, checkpoint));
      },
      NoGil());
  module.def(
      "load_checkpoint", [](const std::string& path) { return check(load_latest(path)); }, NoGil());
}

}  // namespace

PYBIND11_MODULE(_core, module) {
  py::register_local_exception_translator(&translate);
  bind_options(module);
  bind_records(module);
  bind_node(module);
  bind_router(module);
  bind_conversation(module);
  bind_toolbox(module);
}

}  // namespace bittensor::python
