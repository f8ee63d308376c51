// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bittensor/neuron/neuron.h"

namespace CLI {
class App;
}

namespace bittensor {

// What every program that is a neuron can be told. Each is an option on the command line, a
// variable in the environment and an entry of the file given with --config (TOML), in this order of
// precedence: --axon_port 8091, BITTENSOR_AXON_PORT=8091, axon_port = 8091. What belongs to one
// part is a field of that part's own options; parts.h finishes what depends on several.
struct NeuronOptions : Neuron::Options {
  // The parts' own defaults, but where a program on an open network wants others.
  NeuronOptions();

  // Network. Hosts and ports make the addresses that axon and metagraph listen at.
  int axon_port = 8091;
  int metagraph_port = 8092;
  std::string listen_ip = "0.0.0.0";
  int min_peers = 0;
  bool tls = false;
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;
  std::string fault;

  // A chain in place of gossip (join_chain.h).
  std::vector<std::string> chain_endpoint;
  int netuid = 1;
  std::string chain_genesis;
  std::string chain_ca;
  std::string coldkey;
  bool chain_work = false;
  bool yes = false;

  // Files.
  std::string neuron_key = "neuron.key";
  std::string passphrase_file;
  std::string load_model;
  std::string save_model;
  double save_interval = 60;
  bool from_scratch = false;
  std::string data;

  // Training.
  int epochs = 1;
  std::int64_t steps = 0;
  bool control = false;
  std::int64_t batch_size_train = 64;
  std::int64_t batch_size_test = 250;  // of larger ones peers compute too long
  double learning_rate = 0.03;
  double momentum = 0.9;
  std::uint64_t seed = 1;
  std::string device = "cpu";
  int threads = 0;
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;

  // What is shown.
  int log_interval = 100;
  std::string log_level = "info";
  std::string progress = "auto";
  std::string report;
  bool stay = false;

  // How it can be watched (docs/operations/).
  std::string name;
  bool quiet = false;
  bool status = true;
  bool tensorboard = true;
  bool report_page = true;
  int metrics_port = 0;
  std::string metrics_ip = "127.0.0.1";
  int dashboard = -1;  // a port
  std::string dashboard_ip = "127.0.0.1";
  std::string dashboard_token;
  std::string trace_file;

  // For experiments with a neuron that takes so many times as long for each training step; not in
  // --help.
  double slow = 1;
};

// Adds the options to `app`, with their help, for read_command_line(). `options` must outlive it.
void add_neuron_options(CLI::App& app, NeuronOptions& options);

}  // namespace bittensor
