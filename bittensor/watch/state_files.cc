// SPDX-License-Identifier: MIT
#include "bittensor/watch/state_files.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include <unistd.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/watch/curve.h"
#include "bittensor/watch/words.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr int kDeep = 5;
constexpr std::size_t kPointsKept = 200;
constexpr std::size_t kPeersShown = 20;
constexpr std::size_t kEventsShown = 8;
constexpr char kEnding[] = ".status.json";

std::string peer_text(const NeuronState::Peer& peer, double now_s) {
  std::string text = absl::StrFormat("  %-8s %-21s %-7s", short_key(peer.key), peer.address,
                                     to_string(peer.status));
  absl::StrAppend(&text,
                  peer.latency_ms ? absl::StrFormat(" %6.1f ms", *peer.latency_ms) : "      - ms",
                  absl::StrFormat("  weight %.3f  answered %d of %d, %d failed", peer.weight,
                                  peer.answered, peer.asked, peer.failed),
                  absl::StrFormat("  gradients %d given %d taken  lessons %d given %d taken",
                                  peer.gradients_given, peer.gradients_taken, peer.lessons_given,
                                  peer.lessons_taken),
                  "  ", bytes_text(static_cast<double>(peer.bytes_sent)), " sent ",
                  bytes_text(static_cast<double>(peer.bytes_received)), " received");
  if (peer.status == NeuronState::PeerStatus::kGone && peer.last_seen_s > 0) {
    absl::StrAppend(&text, "  last seen ", time_text(now_s - peer.last_seen_s), " ago");
  }
  if (!peer.last_failure.empty()) absl::StrAppend(&text, "  last failure: ", peer.last_failure);
  return text + "\n";
}

std::string training_text(const NeuronState::Training& training) {
  if (training.step == 0 && training.steps == 0) return "";  // It does not learn, or not yet.
  std::string text = absl::StrFormat("  step %d", training.step);
  if (training.steps > 0) {
    text = absl::StrFormat("  epoch %d of %d, step %d of %d", training.epoch, training.epochs,
                           training.step, training.steps);
  }
  if (training.samples_per_s > 0) {
    absl::StrAppend(&text, absl::StrFormat(", %.0f samples/s", training.samples_per_s));
  }
  if (training.time_left_s && *training.time_left_s > 0) {
    absl::StrAppend(&text, ", ends in ", time_text(*training.time_left_s));
  }
  absl::StrAppend(&text, "\n  loss local ", loss_text(training.loss.local), ", network ",
                  loss_text(training.loss.network), "; test accuracy alone ",
                  percent_text(training.accuracy.alone), ", local ",
                  percent_text(training.accuracy.local), ", network ",
                  percent_text(training.accuracy.network), "\n");
  return text;
}

}  // namespace

bool StatusFile::runs() const {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

absl::Status write_status_file(const std::string& path, const NeuronState& state,
                               double updated_s) {
  json object = to_json(state);
  if (state.training.phase != NeuronState::Phase::kEnded && state.history.size() > kPointsKept) {
    // A second later there is another file: only the last one has all points.
    std::vector<NeuronState::Point> few = state.history;
    thin(few, (few.size() + kPointsKept - 1) / kPointsKept);
    object["history"] = json::array();
    for (const NeuronState::Point& point : few) object["history"].push_back(to_json(point));
  }
  object["updated_s"] = updated_s;
  object["pid"] = getpid();
  const std::string staged = absl::StrCat(path, ".new");
  {
    std::ofstream file(staged, std::ios::trunc);
    // A path or a stranger's message may hold bytes that are not UTF-8.
    file << object.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace) << '\n';
    file.flush();
    if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  }
  if (std::rename(staged.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

absl::StatusOr<StatusFile> read_status_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("no status file ", path));
  const json object = json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no status file"));
  }
  StatusFile status;
  status.path = path;
  auto state = neuron_state_of(object);
  if (!state.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", state.status().message()));
  }
  status.state = *std::move(state);
  if (object.contains("updated_s") && object["updated_s"].is_number()) {
    status.updated_s = object["updated_s"];
  }
  if (object.contains("pid") && object["pid"].is_number_integer()) status.pid = object["pid"];
  return status;
}

std::vector<std::string> find_status_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it.depth() >= kDeep) it.disable_recursion_pending();
    std::error_code gone;  // It may go while it is looked at.
    if (!absl::EndsWith(it->path().string(), kEnding)) continue;
    const auto time = it->last_write_time(gone);
    if (!gone) found.emplace_back(time, it->path().string());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> paths;
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

std::string waiting_text(const NeuronState::Waiting& waiting, double now_s) {
  std::string text = absl::StrCat("waits for ", waiting.what);
  if (!waiting.peer.empty()) absl::StrAppend(&text, " of ", short_key(waiting.peer));
  absl::StrAppend(&text, ", since ", time_text(now_s - waiting.since_s));
  if (waiting.until_s > now_s) {
    absl::StrAppend(&text, ", ", time_text(waiting.until_s - now_s), " more at most");
  } else if (waiting.until_s > 0) {
    absl::StrAppend(&text, ", overdue since ", time_text(now_s - waiting.until_s));
  }
  return text;
}

std::string status_text(const StatusFile& file, double now_s) {
  const NeuronState& state = file.state;
  const NeuronState::About& about = state.neuron;
  const bool runs = file.runs();
  std::string text = absl::StrCat(about.name, "  ", short_key(about.key), "  ", about.program,
                                  " at ", about.address.empty() ? "-" : about.address, "  ",
                                  runs ? to_string(state.training.phase) : "not running");
  if (!runs) {
    absl::StrAppend(&text, ": it was ", to_string(state.training.phase), " when it last said so, ",
                    time_text(now_s - file.updated_s), " ago");
  } else if (now_s - file.updated_s > 10) {
    absl::StrAppend(&text, "  (as of ", time_text(now_s - file.updated_s), " ago: the process ",
                    file.pid, " does not say more)");
  } else {
    absl::StrAppend(&text, "  up ", time_text(now_s - about.started_s));
  }
  absl::StrAppend(&text, "\n");
  if (runs) {
    for (const NeuronState::Waiting& waiting : state.training.waiting) {
      absl::StrAppend(&text, "  ", waiting_text(waiting, now_s), "\n");
    }
  }
  absl::StrAppend(&text, training_text(state.training));
  absl::StrAppend(
      &text,
      absl::StrFormat("  axon %.1f requests/s, %d answered, %d refused, %d failed, %d wait; ",
                      state.axon.requests_per_s, state.axon.served, state.axon.refused,
                      state.axon.failed, state.axon.queued),
      bytes_text(static_cast<double>(state.axon.bytes_received)), " received, ",
      bytes_text(static_cast<double>(state.axon.bytes_sent)), " sent\n");
  for (std::size_t i = 0; i < std::min(state.peers.size(), kPeersShown); ++i) {
    absl::StrAppend(&text, peer_text(state.peers[i], now_s));
  }
  if (state.peers.size() > kPeersShown) {
    absl::StrAppend(&text, "  and ", state.peers.size() - kPeersShown, " more peers\n");
  }
  const std::size_t events = std::min(state.events.size(), kEventsShown);
  for (std::size_t i = state.events.size() - events; i < state.events.size(); ++i) {
    const NeuronState::Event& event = state.events[i];
    absl::StrAppend(&text, "  ", time_text(now_s - event.time_s), " ago  ", event.text, "\n");
  }
  return text;
}

}  // namespace bittensor
