// SPDX-License-Identifier: MIT
//
// What `bittensor query` runs: asks one synapse of a network, and prints its answer. A program of
// its own: it needs gRPC and libtorch.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/commands.h"
#include "app/network_observer.h"
#include "app/query_input.h"
#include "nlohmann/json.hpp"
#include "torch/serialize.h"
#include "torch/types.h"

#include "bittensor/base/logging.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/command_line/command_line.h"
#include "bittensor/command_line/option_group.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/neuron/tls_options.h"

namespace bittensor {
namespace {

struct Options {
  NetworkObserver::Options observer;
  std::string input;
  std::string key_file;
  std::string save;
  Normalisation normalisation;
  double wait_s = 10;
  double timeout_s = 5;
  std::int64_t top = 5;
  bool json = false;
};

Duration seconds(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count));
}

// The record of whom to ask, once it is proven that it is there.
absl::StatusOr<SynapseRecord> find(const Options& options) {
  const auto patience =
      std::chrono::duration_cast<std::chrono::milliseconds>(seconds(options.wait_s));
  const auto give_up = std::chrono::steady_clock::now() + patience;
  NetworkObserver observer(options.observer);
  BITTENSOR_RETURN_IF_ERROR(observer.open(patience));
  while (true) {
    absl::StatusOr<SynapseRecord> record = observer.record();
    if (!absl::IsUnavailable(record.status())) return record;
    if (std::chrono::steady_clock::now() > give_up) return record;
    if (StopSignal::wait_for(std::chrono::milliseconds(50))) return absl::CancelledError("stopped");
  }
}

absl::StatusOr<Answer> ask(const SynapseRecord& record, Inputs inputs, const Options& options) {
  Wallet wallet = Wallet::create();
  if (!options.key_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(wallet, Wallet::load(options.key_file));
  }
  ThreadExecutor executor;
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport,
                             make_transport(options.observer.neuron, wallet, executor));
  Dendrite::Options dendrite_options;
  dendrite_options.timeout = seconds(options.timeout_s);
  dendrite_options.calls.network_dim = record.schema.network_dim;
  dendrite_options.calls.task = record.schema.task;
  dendrite_options.give_up = &StopSignal::requested;
  Dendrite dendrite(dendrite_options, *transport, wallet, executor, [] { return nullptr; });
  Answer answer = dendrite.forward({record}, {std::move(inputs)}).front();
  transport->close();
  if (answer.status.ok()) return answer;
  return absl::Status(answer.status.code(),
                      absl::StrCat(record.key.short_hex(), " at ", record.axon_address, ": ",
                                   answer.status.message()));
}

std::vector<float> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(torch::kFloat).contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

nlohmann::json rows_of(const at::Tensor& tensor) {
  if (tensor.dim() <= 1) return numbers(tensor);
  nlohmann::json rows = nlohmann::json::array();
  for (std::int64_t i = 0; i < tensor.size(0); ++i) rows.push_back(rows_of(tensor[i]));
  return rows;
}

void print_json(const SynapseRecord& record, const Answer& answer) {
  nlohmann::json line = {{"key", record.key.hex()},
                         {"address", record.axon_address},
                         {"ms", std::chrono::duration<double, std::milli>(answer.took).count()},
                         {"output", rows_of(answer.output)}};
  if (answer.prediction.defined()) {
    line["task"] = record.schema.task.name;
    line["prediction"] = rows_of(answer.prediction.softmax(1));
  }
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

// "mnist: 7 98.1 %, 9 1.2 %": the likeliest classes of a row.
std::string classes_of(const std::string& task, const at::Tensor& logits, std::int64_t top) {
  const auto [likely, which] = logits.softmax(0).topk(std::min<std::int64_t>(top, logits.size(0)));
  std::vector<std::string> classes;
  for (std::int64_t i = 0; i < which.size(0); ++i) {
    classes.push_back(absl::StrFormat("%d %.1f %%", which[i].item<std::int64_t>(),
                                      100 * likely[i].item<double>()));
  }
  return absl::StrCat(absl::Utf8SafeCEscape(task), ": ", absl::StrJoin(classes, ", "));
}

void print(const SynapseRecord& record, const Answer& answer, std::int64_t top) {
  std::printf("%s at %s answered [%s] in %.1f ms\n", record.key.short_hex().c_str(),
              absl::Utf8SafeCEscape(record.axon_address).c_str(),
              absl::StrJoin(answer.output.sizes(), ", ").c_str(),
              std::chrono::duration<double, std::milli>(answer.took).count());
  constexpr std::size_t kShown = 8;
  for (std::int64_t row = 0; row < answer.output.size(0); ++row) {
    if (answer.prediction.defined()) {
      std::printf("%s\n", classes_of(record.schema.task.name, answer.prediction[row], top).c_str());
    }
    std::vector<float> values = numbers(answer.output[row]);
    const std::size_t count = values.size();
    values.resize(std::min(count, kShown));
    const std::string text = absl::StrJoin(values, " ", [](std::string* out, float value) {
      absl::StrAppendFormat(out, "%.4f", value);
    });
    std::printf("%s%s\n", text.c_str(),
                count > kShown ? absl::StrCat(" ... of ", count, " numbers").c_str() : "");
  }
}

absl::Status save(const at::Tensor& output, const std::string& path) {
  const std::vector<char> bytes = torch::pickle_save(output.contiguous());
  const absl::string_view all(bytes.data(), bytes.size());
  return write_whole_file(path, {all});
}

absl::Status query(const Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const SynapseRecord record, find(options));
  BITTENSOR_ASSIGN_OR_RETURN(Inputs inputs,
                             query_input(options.input, record.schema, options.normalisation));
  BITTENSOR_ASSIGN_OR_RETURN(const Answer answer, ask(record, std::move(inputs), options));
  if (!options.save.empty()) BITTENSOR_RETURN_IF_ERROR(save(answer.output, options.save));
  options.json ? print_json(record, answer) : print(record, answer, options.top);
  return absl::OkStatus();
}

void add_options(CLI::App& app, Options& options) {
  options.observer.addresses.resize(1);
  app.add_option("metagraph", options.observer.addresses.front(),
                 "metagraph of a neuron of the network, host:port; itself is asked, unless --of "
                 "says another")
      ->required();
  app.add_option(
         "input", options.input,
         "a text; or a picture, PNG or JPEG; or a file with a tensor, as torch.save() writes it")
      ->required();
  app.add_option("--of", options.observer.whose,
                 "ask the neuron whose key begins with this; bittensor metagraph lists them");
  app.add_option("--mean", options.normalisation.mean,
                 "of the model's pixels, which are in [0, 1] before: one number, or one a channel")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--deviation", options.normalisation.deviation, "the same")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--top", options.top, "classes to print, of a synapse that predicts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--save", options.save, "write the answer to this file, for torch.load()");
  app.add_flag("--json", options.json, "print all of it as one line of JSON");
  app.add_option("--neuron_key", options.key_file,
                 "ask under this key; without it, under one made for the occasion");
  add_tls_options(OptionGroup(app, "Encryption"), options.observer.neuron);
  app.add_option("--timeout", options.timeout_s, "seconds to wait for the answer, at most")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--wait", options.wait_s, "seconds to find the neuron in, at most")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] != std::string(bittensor::kDescribe)) {  // The command's name.
    --argc;
    ++argv;
  }
  CLI::App app("Asks one synapse of a network, and prints its answer.", "bittensor query");
  bittensor::Options options;
  bittensor::add_options(app, options);
  if (const auto status = bittensor::read_command_line(app, argc, argv)) return *status;
  bittensor::StopSignal::install();
  absl::Status status = bittensor::start_logging("warning");
  try {
    if (status.ok()) status = bittensor::query(options);
  } catch (const std::exception& error) {
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  bittensor::print_error(absl::Utf8SafeCEscape(status.message()));
  return 1;
}
