// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bittensor {

// What every example program can be told. Each is a command line option, an
// entry of the file given with --config (TOML), and an environment variable:
// --axon_port, axon_port = 8091, BITTENSOR_AXON_PORT. The command line wins, then
// the file, then the environment.
struct NeuronOptions {
  // Network.
  int axon_port = 8091;
  int metagraph_port = 8092;
  std::vector<std::string> bootstrap;
  std::string remote_ip;
  std::string listen_ip = "0.0.0.0";
  int min_peers = 0;
  double timeout = 5;
  bool allow_unsigned = false;
  std::string compression = "none";
  int record_difficulty = 18;
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

  // Who may ask, and how much (trust/admission.h).
  std::vector<std::string> axon_allow;
  std::vector<std::string> axon_deny;
  double axon_requests_per_second = 5'000;
  double axon_megabytes_per_second = 512;
  std::size_t axon_concurrent_per_key = 512;
  std::size_t axon_concurrent_per_address = 1024;
  double axon_refused_per_second = 50;
  std::size_t axon_max_message_megabytes = 64;
  std::int64_t axon_max_rows = 4096;
  std::size_t axon_max_queue = 1024;
  std::size_t axon_max_queue_megabytes = 256;

  // What it gives to others' models, and they to its own (learning.h).
  std::string give = "labels";
  std::string learn_from = "known";
  std::vector<std::string> known;
  std::int64_t lessons = 64;

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
  std::int64_t topk = 10;
  std::size_t max_peers = 1000;
  int ask_interval = 4;
  int look_ahead = 16;
  std::string weights = "contribution";
  int serve_interval = 20;
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

  // For experiments with a neuron that means harm, or that takes so many times as long for each
  // training step; not in --help.
  bool poison = false;
  double slow = 1;
};

// Adds the options to `app`, with their help. `options` must outlive the parsing.
void add_neuron_options(CLI::App& app, NeuronOptions& options);

}  // namespace bittensor
