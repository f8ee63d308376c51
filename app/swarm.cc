// SPDX-License-Identifier: MIT
#include "app/swarm.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "app/swarm_display.h"
#include "app/swarm_page.h"
#include "app/swarm_table.h"
#include "nlohmann/json.hpp"
#include <fcntl.h>
#include <poll.h>

#include "bittensor/base/child_process.h"
#include "bittensor/base/file.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/terminal.h"
#include "bittensor/dashboard/dashboard.h"
#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/wallet.h"
#include "bittensor/watch/live_view.h"
#include "bittensor/watch/report_page.h"
#include "bittensor/watch/state_files.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr auto kStartTimeout = std::chrono::minutes(20);  // The first one may fetch its data.
constexpr auto kStopTimeout = std::chrono::seconds(10);
constexpr int kPollMs = 100;
constexpr auto kDrawEvery = std::chrono::seconds(1);

// One neuron of the swarm, as seen from here.
struct Member {
  int number;
  std::string folder;
  ChildProcess process;
  std::string metagraph;  // host:port, once it has started
  std::string key;        // hexadecimal
  json report;            // null until it is done
  std::string failure;    // why it ended, if not by our wish

  bool done() const { return !report.is_null(); }
  std::string log_file() const { return folder + "/neuron.log"; }
  std::string status_file() const { return folder + "/neuron.status.json"; }
};

std::string new_run_folder(const std::string& program) {
  const std::time_t now = std::time(nullptr);
  char time[32];
  std::strftime(time, sizeof(time), "%Y-%m-%d_%H-%M-%S", std::localtime(&now));
  return absl::StrCat("runs/", std::filesystem::path(program).filename().string(), "/", time);
}

// The value of option `name` among `arguments`, the last one if it is given twice; else empty.
std::string value_of(const std::string& name, const std::vector<std::string>& arguments) {
  std::string value;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (absl::StartsWith(arguments[i], name + "=")) value = arguments[i].substr(name.size() + 1);
    if (arguments[i] == name && i + 1 < arguments.size()) value = arguments[i + 1];
  }
  return value;
}

// `arguments` for neuron `number`: a port for metrics and a file for the trace of its own.
std::vector<std::string> arguments_for(int number, const std::vector<std::string>& arguments) {
  const auto own = [number](const std::string& name, const std::string& value) {
    if (name == "--trace") {
      const std::filesystem::path path(value);
      return (path.parent_path() / path.stem()).string() + absl::StrCat("-", number) +
             path.extension().string();
    }
    int port = 0;
    return absl::SimpleAtoi(value, &port) && port > 0 ? absl::StrCat(port + number) : value;
  };
  std::vector<std::string> changed = arguments;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    for (const std::string name : {"--trace", "--metrics_port"}) {
      if (absl::StartsWith(changed[i], name + "=")) {
        changed[i] = absl::StrCat(name, "=", own(name, changed[i].substr(name.size() + 1)));
      } else if (changed[i] == name && i + 1 < changed.size()) {
        changed[i + 1] = own(name, changed[i + 1]);
        ++i;
      }
    }
  }
  return changed;
}

std::string last_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string last;
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

class Swarm {
 public:
  Swarm(const SwarmOptions& options, std::string folder)
      : options_(options), folder_(std::move(folder)), display_(options.quiet) {}

  absl::Status run() {
    BITTENSOR_RETURN_IF_ERROR(make_keys());
    BITTENSOR_RETURN_IF_ERROR(start_dashboard());
    for (int i = 0; i < options_.neurons && !StopSignal::requested(); ++i) {
      BITTENSOR_RETURN_IF_ERROR(start(i));
      // The others need the address of the first; their own may wait.
      if (i == 0) BITTENSOR_RETURN_IF_ERROR(wait_until_started(*members_.front()));
    }
    while (!all_settled() && !StopSignal::requested()) watch();
    stop_all();
    return finish();
  }

 private:
  std::string folder_of(int number) const { return absl::StrCat(folder_, "/neuron-", number); }
  std::string key_file_of(int number) const { return folder_of(number) + "/neuron.key"; }
  std::string page_file() const { return folder_ + "/report.html"; }
  std::string known_file() const { return folder_ + "/known.keys"; }

  // Before any neuron starts each has its key, and all are told whom they may believe.
  absl::Status make_keys() {
    BITTENSOR_ASSIGN_OR_RETURN(const Secret passphrase,
                               read_passphrase(value_of("--passphrase_file", options_.arguments)));
    std::string known = "# The neurons of this swarm.\n";
    for (int i = 0; i < options_.neurons; ++i) {
      BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet,
                                 Wallet::load_or_create(key_file_of(i), passphrase.view()));
      absl::StrAppend(&known, wallet.key().hex(), "\n");
    }
    std::ofstream file(known_file());
    if (file << known << std::flush) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("cannot write ", known_file()));
  }

  absl::Status start_dashboard() {
    if (options_.dashboard < 0) return absl::OkStatus();
    Dashboard::Options how;
    how.listen_ip = options_.dashboard_ip;
    how.port = options_.dashboard;
    how.token = options_.dashboard_token;
    BITTENSOR_ASSIGN_OR_RETURN(dashboard_,
                               Dashboard::start(std::move(how), [this] { return page_.state(); }));
    std::printf("The swarm's page: %s\n", dashboard_->url().c_str());
    std::fflush(stdout);
    return absl::OkStatus();
  }

  absl::Status start(int number) {
    const std::string folder = folder_of(number);
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const unsigned threads = std::max(1u, cores / static_cast<unsigned>(options_.neurons));
    std::vector<std::string> arguments = {
        options_.program,
        "--axon_port",
        "0",
        "--metagraph_port",
        "0",
        "--listen_ip",
        "127.0.0.1",
        "--neuron_key",
        key_file_of(number),
        "--known",
        known_file(),
        "--share",  // Unless the user gave one: the last counts.
        absl::StrCat(number + 1, "/", options_.neurons),
        "--progress",
        "json",
        "--stay",
        "--seed",
        absl::StrCat(options_.seed + static_cast<std::uint64_t>(number)),
        "--min_peers",
        absl::StrCat(options_.neurons - 1),
        "--threads",
        absl::StrCat(threads),
        "--dashboard=-1"};  // Whatever the environment says: there is one page for all.
    if (number > 0) {
      arguments.push_back("--bootstrap");
      arguments.push_back(members_.front()->metagraph);
    }
    for (std::string& argument : arguments_for(number, options_.arguments)) {
      arguments.push_back(std::move(argument));
    }
    const std::string log_file = folder + "/neuron.log";
    const File log(open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!log.is_open()) {
      return absl::UnavailableError(
          absl::StrCat("cannot write ", log_file, ": ", std::strerror(errno)));
    }
    BITTENSOR_ASSIGN_OR_RETURN(ChildProcess process,
                               ChildProcess::start(arguments, {log.fd(), ""}));
    members_.push_back(
        std::make_unique<Member>(Member{number, folder, std::move(process), {}, {}, {}, {}}));
    return absl::OkStatus();
  }

  absl::Status wait_until_started(const Member& member) {
    const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
    while (member.metagraph.empty() && member.failure.empty() && !StopSignal::requested()) {
      if (std::chrono::steady_clock::now() > give_up) {
        return absl::DeadlineExceededError("the first neuron does not start");
      }
      watch();
    }
    if (!member.failure.empty()) return absl::UnavailableError(member.failure);
    return absl::OkStatus();
  }

  // Waits a moment for something to happen and takes note of it.
  void watch() {
    std::vector<pollfd> outputs;
    for (const auto& member : members_) outputs.push_back({member->process.output(), POLLIN, 0});
    poll(outputs.data(), outputs.size(), kPollMs);
    for (const auto& member : members_) {
      const bool ended = member->process.ended();  // Before the read: all it wrote is there.
      for (const std::string& line : member->process.read_lines()) take(*member, line);
      if (!ended || !member->failure.empty()) continue;
      member->failure = failure_of(*member);
      if (member->failure.empty() && !member->done()) member->failure = "ended without a report";
      if (!member->failure.empty()) display_.say(member->number, member->failure);
    }
    if (display_.terminal()) draw();
    if (dashboard_ != nullptr) show_page();
  }

  void show_page() {
    std::vector<SwarmPage::Member> members;
    for (const auto& member : members_) {
      const char* status = !member->failure.empty()    ? "failed"
                           : member->done()            ? "done"
                           : member->metagraph.empty() ? "starting"
                                                       : "running";
      members.push_back({member->number, status, member->failure, member->status_file()});
    }
    page_.set(std::move(members));
  }

  // The table of what the status files say, once a second.
  void draw() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_draw_) return;
    next_draw_ = now + kDrawEvery;
    const TerminalSize size = terminal_size();
    std::vector<std::string> lines = {live_heading(size.columns)};
    for (const auto& member : members_) {
      if (lines.size() + 1 >= size.rows) break;
      const auto file = read_status_file(member->status_file());
      if (file.ok()) lines.push_back(live_row(file->state, size.columns));
    }
    if (lines.size() > 1) display_.draw(std::move(lines));
  }

  void take(Member& member, const std::string& line) {
    const json event = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!event.is_object()) return display_.say(member.number, line);
    const std::string name = event.value("event", "");
    if (name == "started") {
      member.metagraph = event.value("metagraph", "");
      member.key = event.value("key", "");
    } else if (name == "report") {
      member.report = event;
      member.report.erase("event");
      member.report["key"] = member.key;
    } else if (name == "step") {
      display_.progress(member.number, event.value("line", ""));
    } else if (name == "say") {
      display_.say(member.number, event.value("line", ""));
    }
  }

  // "" if it ended well; else how it ended and what it said last.
  static std::string failure_of(const Member& member) {
    const std::string failure = member.process.failure();
    if (failure.empty()) return "";
    return absl::StrCat(failure, ": ", last_line_of(member.log_file()));
  }

  bool all_settled() const {
    return std::all_of(members_.begin(), members_.end(), [](const auto& member) {
      return member->done() || !member->failure.empty();
    });
  }

  void stop_all() {
    for (const auto& member : members_) member->process.terminate();
    const auto give_up = std::chrono::steady_clock::now() + kStopTimeout;
    for (const auto& member : members_) {
      while (!member->process.ended() && std::chrono::steady_clock::now() < give_up) {
        member->process.read_lines();  // A full pipe would keep it from ending.
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      const bool hangs = !member->process.ended();
      if (hangs) member->process.kill();
      if (!member->failure.empty()) continue;
      // A neuron that was stopped before it was done fails by our wish.
      if (hangs) {
        member->failure = "does not stop";
      } else {
        member->failure = member->done() ? failure_of(*member) : "stopped";
      }
    }
  }

  absl::Status finish() {
    display_.clear();
    std::vector<SwarmRow> rows;
    json neurons = json::array();
    int failed = 0;
    for (const auto& member : members_) {
      rows.push_back({member->key, member->report, member->failure});
      json row = member->done() ? member->report : json::object();
      if (!member->failure.empty() || !member->done()) {
        ++failed;
        row["failure"] = member->failure;
      }
      neurons.push_back(std::move(row));
    }
    const bool has_page = write_page();
    show(rows, has_page);
    if (!options_.json.empty()) {
      BITTENSOR_RETURN_IF_ERROR(write_json(options_.json, {{"neurons", neurons}}));
    }
    if (StopSignal::requested()) return absl::CancelledError("stopped");
    if (failed == 0) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(failed, " of ", members_.size(),
                                               " neurons did not finish; their logs: ", folder_,
                                               "/neuron-*/neuron.log"));
  }

  // A page about all of them, from their last states; whether there is one.
  bool write_page() const {
    std::vector<ReportedNeuron> neurons;
    for (const auto& member : members_) {
      auto file = read_status_file(member->status_file());
      if (file.ok()) neurons.push_back({std::move(file->state), member->report});
    }
    if (neurons.empty()) return false;
    const std::string name = std::filesystem::path(options_.program).filename();
    const std::string title = absl::StrCat(name, ": ", neurons.size(), " neurons");
    return write_whole_file(page_file(), {report_page(title, neurons, command_line())}).ok();
  }

  void show(const std::vector<SwarmRow>& rows, bool has_page) const {
    const std::string summary = swarm_summary(rows);
    std::printf("\n%s\n%s%sKeys, checkpoints and logs: %s/neuron-*/\n", swarm_table(rows).c_str(),
                summary.c_str(), summary.empty() ? "" : "\n", folder_.c_str());
    if (has_page) std::printf("Curves, and who helped whom: %s\n", page_file().c_str());
    std::fflush(stdout);
  }

  const SwarmOptions& options_;
  const std::string folder_;
  SwarmDisplay display_;
  std::chrono::steady_clock::time_point next_draw_{};
  std::vector<std::unique_ptr<Member>> members_;
  SwarmPage page_;
  std::unique_ptr<Dashboard> dashboard_;  // asks the page
};

}  // namespace

absl::Status run_swarm(const SwarmOptions& options) {
  // These differ from neuron to neuron, or the swarm reads what they say.
  for (const char* own : {"--axon_port", "--metagraph_port", "--neuron_key", "--save_model",
                          "--report", "--progress", "--stay"}) {
    for (const std::string& argument : options.arguments) {
      if (argument == own || absl::StartsWith(argument, absl::StrCat(own, "="))) {
        return absl::InvalidArgumentError(absl::StrCat(own, " is the swarm's to set; run ",
                                                       options.program, " to set it yourself"));
      }
    }
  }
  const std::string folder =
      options.folder.empty() ? new_run_folder(options.program) : options.folder;
  return Swarm(options, folder).run();
}

}  // namespace bittensor
