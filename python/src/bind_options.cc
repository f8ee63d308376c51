// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "pybind11/stl.h"
#include "python/src/bindings.h"

#include "bittensor/neuron/options.h"

namespace bittensor::python {
namespace {

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

}  // namespace

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
  BITTENSOR_FIELD(save_interval);
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

}  // namespace bittensor::python
