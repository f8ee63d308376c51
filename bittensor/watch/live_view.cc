// SPDX-License-Identifier: MIT
#include "bittensor/watch/live_view.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "bittensor/watch/state_files.h"
#include "bittensor/watch/words.h"

namespace bittensor {
namespace {

constexpr std::size_t kTrend = 16;
constexpr std::size_t kShortTrend = 8;
constexpr int kBar = 20;

// Characters, of UTF-8; none of those that are shown here is wider than a column.
std::size_t width_of(absl::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = width_of(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string bar(double fraction) {
  const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBar));
  std::string text;
  for (int i = 0; i < kBar; ++i) text += i < full ? "━" : "─";
  return text;
}

double fraction_of(const NeuronState::Training& training) {
  return training.steps > 0
             ? static_cast<double>(training.step) / static_cast<double>(training.steps)
             : 0;
}

std::vector<double> losses_of(const NeuronState& state,
                              std::optional<double> NeuronState::Loss::*which) {
  std::vector<double> losses;
  for (const NeuronState::Point& point : state.history) {
    if (point.loss.*which) losses.push_back(*(point.loss.*which));
  }
  return losses;
}

std::string left_text(const NeuronState::Training& training) {
  if (training.phase == NeuronState::Phase::kEnded) return "done";
  return training.time_left_s ? time_text(*training.time_left_s) + " left" : "";
}

std::string peer_line(const NeuronState::Peer& peer) {
  const std::string latency = peer.latency_ms ? absl::StrFormat("%.1f ms", *peer.latency_ms) : "-";
  return absl::StrFormat("  %-9s%-9s%10s%8.3f%9d%8d%12s%12s  %s", short_key(peer.key),
                         to_string(peer.status), latency, peer.weight, peer.answered, peer.failed,
                         absl::StrCat(peer.gradients_given, "/", peer.gradients_taken),
                         absl::StrCat(peer.lessons_given, "/", peer.lessons_taken),
                         peer.status == NeuronState::PeerStatus::kOk ? "" : peer.last_failure);
}

}  // namespace

std::string cut(absl::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xc0) != 0x80 && seen++ == columns) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

std::string trend(const std::vector<double>& values, std::size_t width) {
  static const char* const kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t n = std::min(values.size(), width);
  // Means of equal parts of all that there is.
  std::vector<double> means;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t begin = i * values.size() / n;
    const std::size_t end = (i + 1) * values.size() / n;
    double sum = 0;
    for (std::size_t j = begin; j < end; ++j) sum += values[j];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  if (means.empty()) return "";
  const auto [least, most] = std::minmax_element(means.begin(), means.end());
  const double range = *most - *least;
  std::string text;
  for (const double mean : means) {
    const double part = range > 0 && std::isfinite(range) ? (mean - *least) / range : 0;
    text += kBlocks[static_cast<std::size_t>(std::clamp(std::lround(7 * part), 0L, 7L))];
  }
  return text;
}

std::vector<std::string> live_view(const NeuronState& state, std::size_t columns,
                                   std::size_t rows) {
  const NeuronState::Training& training = state.training;
  const double now_s = state.neuron.started_s + state.neuron.uptime_s;
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    if (lines.size() < rows) lines.push_back(cut(line, columns));
  };
  add(absl::StrFormat("%s %s  %s  epoch %d/%d  step %d/%d  %.0f samples/s  %s", state.neuron.name,
                      short_key(state.neuron.key), to_string(training.phase), training.epoch,
                      training.epochs, training.step, training.steps, training.samples_per_s,
                      left_text(training)));
  add(absl::StrFormat("%s %3.0f%%", bar(fraction_of(training)), 100 * fraction_of(training)));
  add(absl::StrCat("loss      local ", padded(loss_text(training.loss.local), 7),
                   trend(losses_of(state, &NeuronState::Loss::local), kTrend), "  network ",
                   padded(loss_text(training.loss.network), 7),
                   trend(losses_of(state, &NeuronState::Loss::network), kTrend)));
  add(absl::StrCat("accuracy  alone ", percent_text(training.accuracy.alone), "  local ",
                   percent_text(training.accuracy.local), "  network ",
                   percent_text(training.accuracy.network)));
  add(absl::StrFormat("axon      %.1f requests/s  %d answered  %d refused  %d failed",
                      state.axon.requests_per_s, state.axon.served, state.axon.refused,
                      state.axon.failed));
  for (const NeuronState::Waiting& waiting : training.waiting) add(waiting_text(waiting, now_s));
  if (state.peers.empty()) return lines;
  add(absl::StrFormat("  %-9s%-9s%10s%8s%9s%8s%12s%12s", "peer", "status", "latency", "weight",
                      "answered", "failed", "gradients", "lessons"));
  for (std::size_t i = 0; i < state.peers.size(); ++i) {
    const std::size_t left = state.peers.size() - i;
    if (lines.size() + 1 == rows && left > 1) {
      add(absl::StrCat("  and ", left, " more"));
      break;
    }
    add(peer_line(state.peers[i]));
  }
  return lines;
}

std::string live_heading(std::size_t columns) {
  return cut(absl::StrFormat("%-10s%-10s%6s%11s%14s  %-8s%-10s%9s%9s%7s%7s%11s%10s%8s", "neuron",
                             "does", "done", "samples/s", "left", "loss", "", "local", "network",
                             "peers", "failed", "gradients", "lessons", "asked/s"),
             columns);
}

std::string live_row(const NeuronState& state, std::size_t columns) {
  const NeuronState::Training& training = state.training;
  std::size_t there = 0;
  std::uint64_t failed = 0, gradients_given = 0, gradients_taken = 0, given = 0, taken = 0;
  for (const NeuronState::Peer& peer : state.peers) {
    if (peer.status != NeuronState::PeerStatus::kGone) ++there;
    failed += peer.failed;
    gradients_given += peer.gradients_given;
    gradients_taken += peer.gradients_taken;
    given += peer.lessons_given;
    taken += peer.lessons_taken;
  }
  const std::string left = training.phase == NeuronState::Phase::kEnded ? "-"
                           : training.time_left_s ? time_text(*training.time_left_s)
                                                  : "-";
  const auto percent = [](const std::optional<double>& part) {
    return part ? absl::StrFormat("%.1f%%", 100 * *part) : "-";
  };
  return cut(
      absl::StrCat(absl::StrFormat("%-10s%-10s%5.0f%%%11.0f%14s  %-8s", state.neuron.name,
                                   to_string(training.phase), 100 * fraction_of(training),
                                   training.samples_per_s, left, loss_text(training.loss.local)),
                   padded(trend(losses_of(state, &NeuronState::Loss::local), kShortTrend), 10),
                   absl::StrFormat("%9s%9s%7d%7d%11s%10s%8.1f", percent(training.accuracy.local),
                                   percent(training.accuracy.network), there, failed,
                                   absl::StrCat(gradients_given, "/", gradients_taken),
                                   absl::StrCat(given, "/", taken), state.axon.requests_per_s)),
      columns);
}

}  // namespace bittensor
