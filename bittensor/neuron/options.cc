// SPDX-License-Identifier: MIT
#include "bittensor/neuron/options.h"

#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"

#include "bittensor/command_line/command_line.h"
#include "bittensor/command_line/option_group.h"
#include "bittensor/metagraph/work.h"
#include "bittensor/neuron/key_list.h"
#include "bittensor/neuron/tls_options.h"

namespace bittensor {
namespace {

const CLI::Range kPort(0, 65535, "PORT");
const CLI::Range kPositive(1, std::numeric_limits<int>::max(), "POSITIVE");
const CLI::Range kCount(0, std::numeric_limits<int>::max(), "COUNT");

void add_network(const OptionGroup& group, NeuronOptions& o) {
  group.add("axon_port", o.axon_port, "port where others ask this neuron's synapse; 0: any free")
      ->check(kPort);
  group.add("metagraph_port", o.metagraph_port, "port where others gossip with it; 0: any free")
      ->check(kPort);
  group
      .add("bootstrap", o.metagraph.bootstrap,
           "HOST:PORT of the metagraph of a neuron that is already running; repeat it, or use "
           "commas, for more")
      ->delimiter(',');
  group.add("remote_ip", o.metagraph.remote_ip,
            "host or address where others reach this neuron; empty: --listen_ip, or 127.0.0.1 if "
            "that is 0.0.0.0 or ::");
  group.add(
      "listen_ip", o.listen_ip,
      "address of this machine to listen at; 0.0.0.0 is all of IPv4, :: all of IPv6 and IPv4");
  group
      .add("min_peers", o.min_peers,
           "wait before training until this many other neurons are known (at most 30 s)")
      ->check(kCount);
  group.seconds("timeout", o.dendrite.timeout, "seconds to wait for a peer's answer")
      ->check(CLI::Range(0.01, 3600.0));
  group.choice(
      "compression", o.dendrite.calls.compression,
      {Compression::kNone, Compression::kFloat16, Compression::kBfloat16, Compression::kInt8},
      "how tensors travel to peers and back");
  group.flag("allow_unsigned", o.axon.allow_unsigned,
             "also answer callers that do not prove who they are");
  group
      .add("record_difficulty", o.metagraph.difficulty,
           "bits of proof of work that a neuron must show to be listed; the same in the whole "
           "network")
      ->check(CLI::Range(0, kMaxWorkBits));
  add_tls_options(group, o);
  group.add("fault", o.fault,
            "make this neuron's own calls fail, to test it: transport.delay=100ms, "
            "transport.drop=0.05 and others, separated by commas (transport/faulty_transport.h)");
}

void add_chain(const OptionGroup& group, NeuronOptions& o) {
  group
      .add("chain_endpoint", o.chain_endpoint,
           "ws://, wss://, http:// or https://HOST:PORT of a node of Bittensor's chain: peers are "
           "found there, not by gossip, and weights are set there; several: others if it fails")
      ->delimiter(',');
  group.add("netuid", o.netuid, "number of the subnet there")->check(CLI::Range(0, 65535));
  group.add("chain_genesis", o.chain_genesis,
            "the chain that must be there, by its genesis hash; empty: any");
  group.add("chain_ca", o.chain_ca,
            "file with certificates (PEM) that sign the node's; empty: the system's");
  group.add("coldkey", o.coldkey,
            "key file of the account that owns this neuron, and pays if it has to be registered");
  group.flag("chain_work", o.chain_work, "register by proof of work: the coldkey pays nothing");
  group.flag("yes", o.yes, "register without asking");
}

// Keys by themselves, or files of them (keys_in()).
void add_keys(const OptionGroup& group, const std::string& name, std::set<PublicKey>& keys,
              const std::string& help, bool may_be_empty = true) {
  const auto take = [&keys, name, may_be_empty](const std::vector<std::string>& texts) {
    keys.clear();
    for (const std::string& text : texts) {
      const auto some = keys_in(text);
      if (!some.ok()) throw CLI::ValidationError("--" + name, std::string(some.status().message()));
      keys.insert(some->begin(), some->end());
    }
    if (keys.empty() && !may_be_empty) throw CLI::ValidationError("--" + name, "names no key");
  };
  group.call<std::vector<std::string>>(name, take, "", help)->delimiter(',');
}

void add_admission(const OptionGroup& group, Axon::Options& axon) {
  Admission::Options& admission = axon.admission;
  add_keys(group, "axon_allow", admission.allow,
           "answer only these keys: 64 hexadecimal digits, or a file with one per line",
           /*may_be_empty=*/false);  // an empty list would allow everybody
  add_keys(group, "axon_deny", admission.deny, "never answer these keys, even if they are allowed");
  group
      .add("axon_requests_per_second", admission.requests_per_second,
           "requests per second of one key, or of one address without a key; 0: any number")
      ->check(CLI::NonNegativeNumber);
  group
      .mebibytes("axon_megabytes_per_second", admission.bytes_per_second,
                 "the same in MiB per second")
      ->check(CLI::NonNegativeNumber);
  group
      .add("axon_concurrent_per_key", admission.concurrent_per_key,
           "requests of one key that may wait for an answer at the same time")
      ->check(kPositive);
  group
      .add("axon_concurrent_per_address", admission.concurrent_per_address,
           "the same for one address")
      ->check(kPositive);
  group
      .add("axon_refused_per_second", admission.refused_per_second,
           "an address with more refused requests than this is refused unread; 0: any number")
      ->check(CLI::NonNegativeNumber);
  group
      .mebibytes("axon_max_message_megabytes", axon.max_message_bytes,
                 "largest request accepted, in MiB")
      ->check(CLI::Range(1, 1024));
  group.add("axon_max_rows", axon.max_rows, "most rows in one request")->check(kPositive);
  group.add("axon_max_queue", axon.queue.max_jobs, "most requests waiting for the model")
      ->check(kPositive);
  group.mebibytes("axon_max_queue_megabytes", axon.queue.max_bytes, "the same in MiB")
      ->check(kPositive);
}

void add_learning(const OptionGroup& group, Learning& learning) {
  group.choice(
      "give", learning.give, {Give::kAnswers, Give::kGradients, Give::kLabels},
      "what leaves this neuron besides its questions: answers (nothing), gradients (of the "
      "answers, to whoever gave them), labels (and questions to known neurons carry their labels)");
  group.choice("learn_from", learning.learn_from,
               {LearnFrom::kOff, LearnFrom::kKnown, LearnFrom::kEarned},
               "whose gradients and lessons may change this model: off (nobody's), known (those of "
               "the neurons of --known) or earned (anybody's, as far as they agree with this "
               "neuron's own data)");
  add_keys(group, "known", learning.known,
           "keys of neurons to teach and to learn from: 64 hexadecimal digits, or a file with one "
           "per line");
  group
      .add("lessons", learning.lessons,
           "most rows of others' labelled questions that each step learns from; 0: none")
      ->check(kCount);
}

void add_files(const OptionGroup& group, NeuronOptions& o) {
  group.add("neuron_key", o.neuron_key, "key file: the neuron's identity; created if missing");
  group.add("passphrase_file", o.passphrase_file,
            "file whose first line is the passphrase of the key file (mode 0600); the environment "
            "variable BITTENSOR_PASSPHRASE works, too");
  group.add("load_model", o.load_model,
            "checkpoint to resume from; empty: this neuron's latest, if there is one");
  group.add("save_model", o.save_model, "where to save checkpoints; empty: beside the key file");
  group
      .add("save_interval", o.save_interval,
           "seconds between checkpoints within an epoch: the most that a crash loses")
      ->check(CLI::Range(0.0, 1e9));
  group.flag("from_scratch", o.from_scratch, "start over, ignoring saved checkpoints");
  group.add("data", o.data, "folder with the data set; empty: the cache, fetched if missing");
}

void add_training(const OptionGroup& group, NeuronOptions& o) {
  group.add("epochs", o.epochs, "train until this many epochs are done")->check(kCount);
  group.add("steps", o.steps, "train this many steps instead of --epochs; 0: by epochs")
      ->check(kCount);
  group.flag("control,!--no_control", o.control,
             "first train the same model on the same data without the network, for comparison");
  group
      .add("batch_size_train", o.batch_size_train,
           "images, or pairs of passages, per training step")
      ->check(kPositive);
  group.add("batch_size_test", o.batch_size_test, "the same per test step")->check(kPositive);
  group.add("learning_rate", o.learning_rate, "peak learning rate of the optimizer")
      ->check(CLI::NonNegativeNumber);
  group.add("momentum", o.momentum, "momentum of stochastic gradient descent")
      ->check(CLI::Range(0.0, 1.0));
  group
      .add("topk", o.router.topk,
           "most peers that each sample is sent to; with no more peers than that, all are asked")
      ->check(kPositive);
  group.add("max_peers", o.step.max_peers, "most known synapses that the router chooses from")
      ->check(kPositive);
  group
      .call<std::string>(
          "weights", [&o](const std::string& of) { o.step.weights_from_scores = of == "score"; },
          o.step.weights_from_scores ? "score" : "contribution",
          "what a peer's weight is the mean of: contribution, how right its predictions are or "
          "else how much worse the loss would be without it; or score, how much the router lets it "
          "count")
      ->check(CLI::IsMember({"contribution", "score"}));
  group
      .add("serve_interval", o.serve_interval,
           "steps after which others get a fresh copy of the model; 0: only when it is the best so "
           "far")
      ->check(kCount);
  group
      .add("ask_interval", o.step.ask_interval,
           "ask peers in every Nth training step: less often where their answers cost more than "
           "they teach")
      ->check(kPositive);
  group
      .add("look_ahead", o.look_ahead,
           "most batches that peers are asked about ahead of time, which hides the latency of the "
           "network; 0: ask when the batch trains")
      ->check(CLI::Range(0, 256));
  group.add("seed", o.seed, "random seed of parameters, shuffling and exploration");
  group.add("device", o.device, "where to compute: cpu, cuda or cuda:N");
  group.add("threads", o.threads, "threads to compute with; 0: one per core")->check(kCount);
  group
      .add("train_images", o.train_images,
           "train on only this many images, or pairs of passages; 0: all")
      ->check(kCount);
  group.add("test_images", o.test_images, "test on only this many; 0: all")->check(kCount);
}

void add_display(const OptionGroup& group, NeuronOptions& o) {
  group.add("log_interval", o.log_interval, "steps between two lines of progress")
      ->check(kPositive);
  group
      .add("log_level", o.log_level,
           "least severe messages to log: trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}));
  group
      .add("progress", o.progress,
           "live, bar, lines, json (one object per line), quiet, or auto: live on a terminal, else "
           "lines")
      ->check(CLI::IsMember({"auto", "live", "bar", "lines", "json", "quiet"}));
  group.add("report", o.report, "write the final numbers to this JSON file");
  group.flag("poison", o.step.poison, "")->group("");
  group.add("slow", o.slow, "")->check(CLI::Range(1.0, 1000.0))->group("");
  group.flag("stay", o.stay, "keep serving after training until told to stop (Ctrl-C)");
}

void add_watch(const OptionGroup& group, NeuronOptions& o) {
  group.add("name", o.name, "what people call this neuron; empty: the folder of its key");
  group.flag("quiet", o.quiet, "no progress; only warnings and errors");
  group.flag("status,!--no_status", o.status,
             "say each second in a file beside the key what it does and waits for (bittensor "
             "status), and keep metrics there");
  group.flag("tensorboard,!--no_tensorboard", o.tensorboard,
             "write an event file for TensorBoard beside the key");
  group.flag("report_page,!--no_report_page", o.report_page,
             "write a page about the run beside the key, in the end");
  group.add("metrics_port", o.metrics_port, "port where Prometheus finds /metrics; 0: none")
      ->check(kPort);
  group.add("metrics_ip", o.metrics_ip, "address of this machine to serve it at");
  group
      .add("dashboard", o.dashboard,
           "port of a page that shows all this live; 0: any free; -1: none")
      ->check(CLI::Range(-1, 65535))
      ->expected(0, 1)
      ->default_str("8093");
  group.add("dashboard_ip", o.dashboard_ip,
            "address of this machine to serve it at; one that others reach needs a token");
  group.add("dashboard_token", o.dashboard_token,
            "what whoever opens the page must know: 16 letters or digits, or more");
  group.add("trace", o.trace_file,
            "write where the time of each step goes to this file, for ui.perfetto.dev");
}

}  // namespace

NeuronOptions::NeuronOptions() {
  metagraph.difficulty = 18;
  axon.admission.requests_per_second = 5'000;
  axon.admission.bytes_per_second = 512.0 * (1 << 20);
  step.ask_interval = 4;
}

void add_neuron_options(CLI::App& app, NeuronOptions& options) {
  add_config_options(app);
  add_network(OptionGroup(app, "Network"), options);
  add_chain(OptionGroup(app, "Chain"), options);
  add_admission(OptionGroup(app, "Admission"), options.axon);
  add_files(OptionGroup(app, "Files"), options);
  add_learning(OptionGroup(app, "Learning from each other"), options.step.learning);
  add_training(OptionGroup(app, "Training"), options);
  add_display(OptionGroup(app, "Display"), options);
  add_watch(OptionGroup(app, "Watching"), options);
}

}  // namespace bittensor
