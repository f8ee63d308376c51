// SPDX-License-Identifier: MIT
#include "bittensor/neuron/options.h"

#include <iterator>
#include <limits>
#include <memory>
#include <sstream>
#include <type_traits>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/metagraph/work.h"

namespace bittensor {
namespace {

// The name of the option whose list does not end before the next option, or "".
std::string endless_list(absl::string_view text) {
  std::string open;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    const absl::string_view name = line.substr(0, line.find('='));
    if (name.size() < line.size() && name.find_first_of("\"'#;") == name.npos) {
      if (!open.empty()) return open;
      const absl::string_view value = absl::StripAsciiWhitespace(line.substr(name.size() + 1));
      if (absl::StartsWith(value, "[")) open = std::string(absl::StripAsciiWhitespace(name));
    }
    if (absl::StrContains(line, ']')) open.clear();
  }
  return open;
}

// CLI11's reader of TOML, which refuses lists without a value or an end. CLI11 2.3 reads a value
// that is not there; 2.4 takes the rest of the file for the list's.
class OptionsFile : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    const std::string text(std::istreambuf_iterator<char>(input), {});
    if (const std::string name = endless_list(text); !name.empty()) {
      throw CLI::ConfigError(name + ": a list that does not end");
    }
    std::istringstream again(text);
    std::vector<CLI::ConfigItem> found = CLI::ConfigTOML::from_config(again);
    for (const CLI::ConfigItem& item : found) {
      const bool is_section = item.name == "++" || item.name == "--";
      if (item.inputs.empty() && !is_section) {
        throw CLI::ConfigError(item.fullname() + ": a list without a value; leave the line out");
      }
    }
    return found;
  }
};

// Adds options of one group, each with its environment variable.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  template <typename T>
  CLI::Option* add(const std::string& name, T& value, const std::string& help) const {
    CLI::Option* option = finish(app_.add_option("--" + name, value, help), name);
    // Given twice, the last one counts: a program that adds options can be overruled.
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    return option->capture_default_str();
  }
  CLI::Option* flag(const std::string& name, bool& value, const std::string& help) const {
    return finish(app_.add_flag("--" + name, value, help), name);
  }

 private:
  CLI::Option* finish(CLI::Option* option, const std::string& name) const {
    return option->group(name_)->envname("BITTENSOR_" +
                                         absl::AsciiStrToUpper(name.substr(0, name.find(','))));
  }

  CLI::App& app_;
  const std::string name_;
};

const CLI::Range kPort(0, 65535, "PORT");
const CLI::Range kPositive(1, std::numeric_limits<int>::max(), "POSITIVE");
const CLI::Range kCount(0, std::numeric_limits<int>::max(), "COUNT");

void add_network(const Group& group, NeuronOptions& o) {
  group.add("axon_port", o.axon_port, "port where others ask this neuron's synapse; 0: any free")
      ->check(kPort);
  group.add("metagraph_port", o.metagraph_port, "port where others gossip with it; 0: any free")
      ->check(kPort);
  group
      .add("bootstrap", o.bootstrap,
           "metagraph HOST:PORT of a neuron that is there already; repeat it, or use commas, for "
           "more")
      ->delimiter(',');
  group.add("remote_ip", o.remote_ip,
            "host or address that others reach this neuron at; empty: --listen_ip, or 127.0.0.1 if "
            "that is 0.0.0.0 or ::");
  group.add(
      "listen_ip", o.listen_ip,
      "address of this machine to listen at; 0.0.0.0 is all of IPv4, :: all of IPv6 and IPv4");
  group
      .add("min_peers", o.min_peers,
           "before training, wait until so many other neurons are known (30 s at most)")
      ->check(kCount);
  group.add("timeout", o.timeout, "seconds after which a peer's answer is no longer waited for")
      ->check(CLI::Range(0.01, 3600.0));
  group
      .add("compression", o.compression,
           "how tensors travel to peers and back: none, float16, bfloat16 or int8")
      ->check(CLI::IsMember({"none", "float16", "bfloat16", "int8"}));
  group.flag("allow_unsigned", o.allow_unsigned, "answer callers that prove no identity");
  group
      .add("record_difficulty", o.record_difficulty,
           "bits of work that a neuron must show to be known; the same in the whole network")
      ->check(CLI::Range(0, kMaxWorkBits));
  group.flag("tls", o.tls,
             "encrypt all connections; the whole network must. A certificate bound to the key file "
             "is made at each start, unless the next three name others");
  group.add("tls_ca", o.tls_ca,
            "file with the authorities (PEM) that each neuron of the network has its certificate "
            "from; implies --tls");
  group.add(
      "tls_certificate", o.tls_certificate,
      "file with this neuron's certificate of such an authority, which must name --remote_ip");
  group.add("tls_key", o.tls_key, "file with the certificate's secret key (0600)");
  group.add("fault", o.fault,
            "how this neuron's own calls fail, to see how it fares: transport.delay=100ms, "
            "transport.drop=0.05 and others, with commas (transport/faulty_transport.h)");
}

void add_chain(const Group& group, NeuronOptions& o) {
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

void add_admission(const Group& group, NeuronOptions& o) {
  group
      .add("axon_allow", o.axon_allow,
           "answer these keys only: 64 hexadecimal digits, or a file with one per line")
      ->delimiter(',');
  group.add("axon_deny", o.axon_deny, "never answer these keys, even if they are allowed")
      ->delimiter(',');
  group
      .add("axon_requests_per_second", o.axon_requests_per_second,
           "requests per second of one key, or of one address without a key; 0: any number")
      ->check(CLI::NonNegativeNumber);
  group.add("axon_megabytes_per_second", o.axon_megabytes_per_second, "the same, in MiB")
      ->check(CLI::NonNegativeNumber);
  group
      .add("axon_concurrent_per_key", o.axon_concurrent_per_key,
           "requests of one key that wait for their answer")
      ->check(kPositive);
  group
      .add("axon_concurrent_per_address", o.axon_concurrent_per_address, "the same of one address")
      ->check(kPositive);
  group
      .add("axon_refused_per_second", o.axon_refused_per_second,
           "an address with more refused requests is refused unread; 0: any number")
      ->check(CLI::NonNegativeNumber);
  group
      .add("axon_max_message_megabytes", o.axon_max_message_megabytes,
           "size of one request, in MiB")
      ->check(CLI::Range(1, 1024));
  group.add("axon_max_rows", o.axon_max_rows, "rows of one request, at most")->check(kPositive);
  group.add("axon_max_queue", o.axon_max_queue, "requests that wait for the model")
      ->check(kPositive);
  group.add("axon_max_queue_megabytes", o.axon_max_queue_megabytes, "the same, in MiB")
      ->check(kPositive);
}

void add_learning(const Group& group, NeuronOptions& o) {
  group
      .add("give", o.give,
           "what leaves this neuron beside its questions: answers (nothing), gradients (of the "
           "answers, to whoever gave them), labels (and questions to known neurons carry their "
           "labels)")
      ->check(CLI::IsMember({"answers", "gradients", "labels"}));
  group
      .add("learn_from", o.learn_from,
           "whose gradients and lessons may change this model: off, known (the neurons of --known) "
           "or earned (anybody, as far as what it says agrees with this neuron's own data)")
      ->check(CLI::IsMember({"off", "known", "earned"}));
  group
      .add("known", o.known,
           "keys of neurons to teach and to learn from: 64 hexadecimal digits, or a file with one "
           "per line")
      ->delimiter(',');
  group
      .add("lessons", o.lessons,
           "rows of others' labelled questions that each step learns from, at most; 0: none")
      ->check(kCount);
}

void add_files(const Group& group, NeuronOptions& o) {
  group.add("neuron_key", o.neuron_key, "key file: the neuron's identity; created if missing");
  group.add("passphrase_file", o.passphrase_file,
            "file whose first line is the passphrase of the key file (0600); the passphrase may "
            "also be given in the environment, as BITTENSOR_PASSPHRASE");
  group.add("load_model", o.load_model,
            "checkpoint to resume from; empty: the latest of this neuron, if it has one");
  group.add("save_model", o.save_model, "where checkpoints go; empty: beside the key");
  group
      .add("save_interval", o.save_interval,
           "seconds between checkpoints within an epoch: what a crash loses at most")
      ->check(CLI::Range(0.0, 1e9));
  group.flag("from_scratch", o.from_scratch, "start over, whatever was saved before");
  group.add("data", o.data, "folder with the data set; empty: the cache, fetched if missing");
}

void add_training(const Group& group, NeuronOptions& o) {
  group.add("epochs", o.epochs, "train until so many epochs are done")->check(kCount);
  group.add("steps", o.steps, "train this many steps instead of --epochs; 0: by epochs")
      ->check(kCount);
  group.flag("control,!--no_control", o.control,
             "first train the same model on the same data without the network, to compare with");
  group
      .add("batch_size_train", o.batch_size_train,
           "images, or pairs of passages, per training step")
      ->check(kPositive);
  group.add("batch_size_test", o.batch_size_test, "the same per test step")->check(kPositive);
  group.add("learning_rate", o.learning_rate, "of the optimizer, at its peak")
      ->check(CLI::NonNegativeNumber);
  group.add("momentum", o.momentum, "of stochastic gradient descent")->check(CLI::Range(0.0, 1.0));
  group
      .add("topk", o.topk,
           "how many peers each sample is sent to at most; with no more than that, all are asked")
      ->check(kPositive);
  group.add("max_peers", o.max_peers, "known synapses that the router chooses from")
      ->check(kPositive);
  group
      .add("weights", o.weights,
           "what a peer's weight is the mean of: contribution, how right its predictions are or "
           "else how much worse the loss would be without it; or score, how much the router "
           "lets it count")
      ->check(CLI::IsMember({"contribution", "score"}));
  group
      .add("serve_interval", o.serve_interval,
           "steps after which others get a fresh copy of the model; 0: when it is the best so far")
      ->check(kCount);
  group
      .add("ask_interval", o.ask_interval,
           "ask peers in every Nth training step: less often where their answers cost more than "
           "they teach")
      ->check(kPositive);
  group
      .add("look_ahead", o.look_ahead,
           "how many batches ahead peers are asked at most, to hide the time the network takes; 0: "
           "ask when the batch trains")
      ->check(CLI::Range(0, 256));
  group.add("seed", o.seed, "random seed of parameters, shuffling and exploration");
  group.add("device", o.device, "cpu, cuda or cuda:N: where the neuron computes");
  group.add("threads", o.threads, "threads to compute with; 0: one per core")->check(kCount);
  group
      .add("train_images", o.train_images, "train on N images, or pairs of passages, only; 0: all")
      ->check(kCount);
  group.add("test_images", o.test_images, "test on N only; 0: all")->check(kCount);
}

void add_display(const Group& group, NeuronOptions& o) {
  group.add("log_interval", o.log_interval, "steps between two lines of progress")
      ->check(kPositive);
  group.add("log_level", o.log_level, "trace, debug, info, warning, error or off");
  group
      .add("progress", o.progress,
           "live, bar, lines, json (one object per line), quiet, or auto: live on a terminal, else "
           "lines")
      ->check(CLI::IsMember({"auto", "live", "bar", "lines", "json", "quiet"}));
  group.add("report", o.report, "write the final numbers to this file, as JSON");
  group.flag("poison", o.poison, "")->group("");
  group.add("slow", o.slow, "")->check(CLI::Range(1.0, 1000.0))->group("");
  group.flag("stay", o.stay, "after training, keep serving until told to stop (Ctrl-C)");
}

void add_watch(const Group& group, NeuronOptions& o) {
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

void add_neuron_options(CLI::App& app, NeuronOptions& options) {
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return absl::StrCat(failed->get_name().empty() ? "neuron" : failed->get_name(), ": ",
                        abbreviated(error.what()), " (--help lists the options)\n");
  });
  app.footer(
      "Each option is also NAME = VALUE in the file and the variable in (Env:...); the "
      "command line wins, then the file, then the environment.");
  app.set_config("--config", "", "file with options, one NAME = VALUE per line (TOML)")
      ->envname("BITTENSOR_CONFIG");
  app.config_formatter(std::make_shared<OptionsFile>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  add_network(Group(app, "Network"), options);
  add_chain(Group(app, "Chain"), options);
  add_admission(Group(app, "Admission"), options);
  add_files(Group(app, "Files"), options);
  add_learning(Group(app, "Learning from each other"), options);
  add_training(Group(app, "Training"), options);
  add_display(Group(app, "Display"), options);
  add_watch(Group(app, "Watching"), options);
}

}  // namespace bittensor
