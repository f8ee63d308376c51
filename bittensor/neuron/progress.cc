// SPDX-License-Identifier: MIT
#include "bittensor/neuron/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/terminal.h"
#include "bittensor/neuron/report.h"

namespace bittensor {
namespace {

constexpr int kBarWidth = 10;
constexpr Duration kBarInterval = std::chrono::milliseconds(100);

// "━━━━━━─────"
std::string bar(double fraction) {
  const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBarWidth));
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "━" : "─";
  return text;
}

std::string loss_text(double loss) {
  return std::isnan(loss) ? "-" : absl::StrFormat("%.3f", loss);
}

double fraction_of(const StepProgress& step) {
  return static_cast<double>(step.images) /
         static_cast<double>(std::max<std::int64_t>(step.images_in_epoch, 1));
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<long>(std::lround(std::max(seconds, 0.0)));
  if (s < 60) return absl::StrCat(s, " s");
  if (s < 3600) return absl::StrFormat("%d min %02d s", s / 60, s % 60);
  return absl::StrFormat("%d h %02d min", s / 3600, s % 3600 / 60);
}

Progress::Style Progress::style_of(const std::string& name) {
  if (name == "bar") return Style::kBar;
  if (name == "lines") return Style::kLines;
  if (name == "json") return Style::kJson;
  if (name == "live") return Style::kLive;
  if (name == "quiet") return Style::kQuiet;
  return is_terminal() ? Style::kLive : Style::kLines;
}

void Progress::start_epoch(std::int64_t images) {
  images_at_start_ = images;
  images_before_ += images_;
  seconds_before_ += seconds_;
  images_ = 0;
  seconds_ = 0;
  epoch_start_ = executor_.now();
}

double Progress::epoch_seconds() const {
  return std::chrono::duration<double>(executor_.now() - epoch_start_).count();
}

double Progress::images_per_second() const {
  const double seconds = seconds_before_ + seconds_;
  return seconds > 0 ? static_cast<double>(images_before_ + images_) / seconds : 0;
}

double Progress::images_per_second_of_epoch() const {
  return static_cast<double>(images_) / seconds_;
}

double Progress::seconds_left(const StepProgress& step) const {
  const double rate = images_per_second_of_epoch();
  return rate > 0 ? static_cast<double>(step.images_in_epoch - step.images) / rate : 0;
}

std::string Progress::line_of(const StepProgress& step) const {
  const double fraction = fraction_of(step);
  std::string line = absl::StrFormat(
      "epoch %d/%d %3.0f%%  %.0f samples/s  %s left  loss local %.3f network %s "
      "distillation %.4f  peers %d  answers %d ok %d failed  weights",
      step.epoch, step.epochs, 100 * fraction, images_per_second_of_epoch(),
      duration_text(seconds_left(step)), step.local_loss, loss_text(step.network_loss),
      step.distillation_loss, step.peers, step.answers_ok, step.answers_failed);
  for (const auto& [key, weight] : step.weights) {
    absl::StrAppendFormat(&line, " %s %.3f", key, weight);
  }
  return line;
}

// For a terminal: what matters most comes first, the rest may be cut off.
std::string Progress::short_line_of(const StepProgress& step) const {
  const double fraction = fraction_of(step);
  std::string line = absl::StrFormat(
      "%d/%d %3.0f%%  %.0f samples/s  %s left  loss %.3f/%s  peers %d  ok/failed %d/%d", step.epoch,
      step.epochs, 100 * fraction, images_per_second_of_epoch(), duration_text(seconds_left(step)),
      step.local_loss, loss_text(step.network_loss), step.peers, step.answers_ok,
      step.answers_failed);
  for (const auto& [key, weight] : step.weights) {
    absl::StrAppendFormat(&line, "  %s %.2f", key, weight);
  }
  return line;
}

bool Progress::due(bool interval) const {
  if (style_ != Style::kBar) return interval;
  return executor_.now() - last_drawn_ >= kBarInterval;
}

void Progress::show(const StepProgress& step) {
  images_ = step.images - images_at_start_;
  seconds_ = std::max(epoch_seconds(), 1e-9);
  last_drawn_ = executor_.now();
  if (style_ == Style::kLive || style_ == Style::kQuiet) return;
  if (style_ == Style::kJson) {
    return event("step", {{"epoch", step.epoch},
                          {"epochs", step.epochs},
                          {"images", step.images},
                          {"images_in_epoch", step.images_in_epoch},
                          {"seconds", seconds_},
                          {"local_loss", step.local_loss},
                          {"network_loss", step.network_loss},
                          {"distillation_loss", step.distillation_loss},
                          {"peers", step.peers},
                          {"answers_ok", step.answers_ok},
                          {"answers_failed", step.answers_failed},
                          {"weights", to_json(step.weights)},
                          {"bar", bar(fraction_of(step))},
                          {"short", short_line_of(step)},
                          {"line", line_of(step)}});
  }
  if (style_ == Style::kLines) {
    std::printf("%s\n", line_of(step).c_str());
  } else {
    const bool last = step.images >= step.images_in_epoch;
    // \r: over the old line; \033[K: clear what is left of it.
    // Cut: a line that wraps could not be drawn again in place.
    const std::size_t columns = terminal_size().columns;
    const std::string text =
        short_line_of(step).substr(0, columns > kBarWidth + 2 ? columns - kBarWidth - 2 : 0);
    std::printf("\r%s %s\033[K", bar(fraction_of(step)).c_str(), text.c_str());
    bar_open_ = !last;
    if (last) std::printf("\n");
  }
  std::fflush(stdout);
}

// Up to the first line of the view, and clear from there to the end of the screen.
void Progress::erase() {
  if (!view_.empty()) std::printf("\033[%zuF\033[J", view_.size());
}

void Progress::draw(std::vector<std::string> lines) {
  if (style_ != Style::kLive) return;
  MutexLock lock(mutex_);
  erase();
  view_ = std::move(lines);
  for (const std::string& line : view_) std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Progress::say(const std::string& line) {
  if (style_ == Style::kQuiet) return;
  if (style_ == Style::kJson) return event("say", {{"line", line}});
  if (style_ == Style::kLive) {
    MutexLock lock(mutex_);
    erase();
    std::printf("%s\n", line.c_str());
    for (const std::string& shown : view_) std::printf("%s\n", shown.c_str());
    std::fflush(stdout);
    return;
  }
  if (bar_open_) std::printf("\n");
  bar_open_ = false;
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Progress::event(const std::string& event, const nlohmann::json& fields) {
  if (style_ != Style::kJson) return;
  nlohmann::json object = fields;
  object["event"] = event;
  // A path may hold bytes that are not UTF-8.
  const auto replace = nlohmann::json::error_handler_t::replace;
  std::printf("%s\n", object.dump(-1, ' ', /*ensure_ascii=*/false, replace).c_str());
  std::fflush(stdout);
}

}  // namespace bittensor
