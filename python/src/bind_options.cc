// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "pybind11/stl.h"
#include "python/src/bindings.h"

#include "bittensor/command_line/command_line.h"
#include "bittensor/neuron/options.h"

namespace bittensor::python {
namespace {

// The options that `arguments` name, as of a command line; or the text of --help.
std::variant<NeuronOptions, std::string> parse_options(const std::vector<std::string>& arguments) {
  NeuronOptions options;
  options.log_level = "warning";  // Of a program that has its own things to say.
  CLI::App app("A neuron", "bittensor_cpp");
  add_neuron_options(app, options);
  auto answer = read_command_line(app, arguments);
  if (!answer.ok()) throw py::value_error(std::string(answer.status().message()));
  if (*answer) return **std::move(answer);
  return options;
}

}  // namespace

void bind_options(py::module_& module) {
  py::class_<NeuronOptions> options(module, "Options");
#define BITTENSOR_FIELD(name) options.def_readwrite(#name, &NeuronOptions::name)
  BITTENSOR_FIELD(axon_port);
  BITTENSOR_FIELD(metagraph_port);
  BITTENSOR_FIELD(listen_ip);
  BITTENSOR_FIELD(min_peers);
  BITTENSOR_FIELD(neuron_key);
  BITTENSOR_FIELD(load_model);
  BITTENSOR_FIELD(save_model);
  BITTENSOR_FIELD(save_interval);
  BITTENSOR_FIELD(data);
  BITTENSOR_FIELD(epochs);
  BITTENSOR_FIELD(steps);
  BITTENSOR_FIELD(batch_size_train);
  BITTENSOR_FIELD(batch_size_test);
  BITTENSOR_FIELD(learning_rate);
  BITTENSOR_FIELD(momentum);
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
#define BITTENSOR_PART(name, field) \
  options.def_property_readonly(name, [](const NeuronOptions& o) { return o.field; })
  BITTENSOR_PART("bootstrap", metagraph.bootstrap);
  BITTENSOR_PART("remote_ip", metagraph.remote_ip);
  BITTENSOR_PART("topk", router.topk);
  BITTENSOR_PART("max_peers", step.max_peers);
  BITTENSOR_PART("ask_interval", step.ask_interval);
#undef BITTENSOR_PART
  options
      .def_property_readonly("timeout",
                             [](const NeuronOptions& o) {
                               return std::chrono::duration<double>(o.dendrite.timeout).count();
                             })
      .def_property_readonly("give",
                             [](const NeuronOptions& o) { return to_string(o.step.learning.give); })
      .def_property_readonly(
          "learn_from",
          [](const NeuronOptions& o) { return to_string(o.step.learning.learn_from); })
      .def_property_readonly("known", [](const NeuronOptions& o) {
        std::vector<std::string> keys;
        for (const PublicKey& key : o.step.learning.known) keys.push_back(key.hex());
        return keys;
      });
  module.def("parse_options", &parse_options);
}

}  // namespace bittensor::python
