// SPDX-License-Identifier: MIT
#include "bittensor/watch/report_page.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "bittensor/watch/words.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::size_t kTableNeurons = 64;  // in who helped whom
constexpr std::size_t kEvents = 40;        // of one neuron

constexpr char kStyle[] = R"(
:root{color-scheme:light dark;--ink:#1a1a1a;--soft:#666;--line:#ddd;--back:#fff;--heat:26,95,180}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#9a9a9a;--line:#3a3a3a;--back:#161616;--heat:98,160,234}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2rem .5rem;text-align:right;border-bottom:1px solid var(--line)}
th{font-weight:600;vertical-align:bottom}td{white-space:nowrap}th:first-child,td:first-child,.text{text-align:left}.text{white-space:normal;overflow-wrap:anywhere}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
.curves,.matrices{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0;max-width:100%;overflow-x:auto}figcaption{color:var(--soft)}
svg{max-width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}svg .axis{stroke:var(--line)}
pre{background:rgba(127,127,127,.12);padding:.7rem;white-space:pre-wrap;overflow-wrap:anywhere}
.key i{display:inline-block;width:1rem;height:3px;margin:0 .3rem .2rem 1rem}td.hot{background:rgba(var(--heat),var(--h))}
@media(max-width:48rem){body{margin:1rem auto}.cards,.cards tbody{display:block}.cards caption{display:block}.cards tr:first-child{display:none}
.cards tr{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);column-gap:1rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.cards td{display:flex;justify-content:space-between;gap:.5rem;border:0;padding:.05rem .3rem}.cards td::before{content:attr(data-name);color:var(--soft);white-space:normal}
.cards td:first-child{font-weight:600}.cards td.text{grid-column:1/-1;display:block}.cards td.text::before{margin-right:.5rem}.matrices th,.matrices td{padding:.1rem .25rem;font-size:12px}}
)";

// Told apart also by those who see few colours (Okabe and Ito 2008), on light and dark.
const char* colour(std::size_t i) {
  static const char* const kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                         "#56b4e9", "#d55e00", "#8c8c8c", "#b8a800"};
  return kColours[i % std::size(kColours)];
}

std::string escaped(const std::string& text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string hot_cell(double part, const std::string& text) {
  return absl::StrFormat("<td class=hot style=\"--h:%.3f\">%s</td>",
                         0.75 * std::clamp(part, 0.0, 1.0), escaped(text));
}

// A table of which each row is a card where the window is narrow: each cell knows its column's
// name.
class Table {
 public:
  // The title, the caption, and the columns' names, of which one may be of words.
  Table(const std::string& title, const std::string& caption, std::vector<std::string> names,
        std::size_t words_at = std::string::npos)
      : names_(std::move(names)),
        text_(absl::StrCat("<h2>", title, "</h2>\n<table class=cards role=table>\n<caption>",
                           caption, "</caption>\n<tr role=row>")) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      absl::StrAppend(&text_, "<th role=columnheader", i == words_at ? " class=text>" : ">",
                      escaped(names_[i]), "</th>");
    }
    text_ += "</tr>\n";
  }

  void begin_row() {
    text_ += "<tr role=row>";
    column_ = 0;
  }
  void cell(const std::string& text) { add("", text); }
  // Of words, which may take several lines.
  void words(const std::string& text) { add(" class=text", text); }
  void hot(double part, const std::string& text) {
    add(absl::StrFormat(" class=hot style=\"--h:%.3f\"", 0.75 * std::clamp(part, 0.0, 1.0)), text);
  }
  void end_row() { text_ += "</tr>\n"; }

  std::string text() const { return text_ + "</table>\n"; }

 private:
  void add(const std::string& more, const std::string& text) {
    absl::StrAppend(&text_, "<td role=cell", more, " data-name=\"", escaped(names_[column_++]),
                    "\">", escaped(text), "</td>");
  }

  const std::vector<std::string> names_;
  std::string text_;
  std::size_t column_ = 0;
};

std::string row(const std::vector<std::string>& names) {
  std::string text = "<tr>";
  for (const std::string& name : names) absl::StrAppend(&text, "<th>", escaped(name), "</th>");
  return text + "</tr>\n";
}

std::string name_of(const NeuronState& state) {
  return state.neuron.name.empty() ? short_key(state.neuron.key) : state.neuron.name;
}

// A number of the report, if it has it.
std::optional<double> in_report(const json& report, const char* name) {
  if (!report.is_object() || !report.contains(name) || !report[name].is_number()) return {};
  return report[name].get<double>();
}

std::string count_text(const std::optional<double>& count) {
  return count ? absl::StrFormat("%.0f", *count) : "-";
}

std::string table(const std::vector<ReportedNeuron>& neurons) {
  Table table("How good each became",
              "Test accuracy: alone, as the same model without the network; local, after learning "
              "with it; network, with its answers.",
              {"neuron", "key", "alone", "local", "network", "test loss", "samples/s", "steps",
               "answers", "failed", "lessons taken", "gradients taken"});
  for (const ReportedNeuron& neuron : neurons) {
    const NeuronState::Training& training = neuron.state.training;
    const json& report = neuron.report;
    const auto rate = in_report(report, "images_per_second");
    table.begin_row();
    table.cell(name_of(neuron.state));
    table.cell(short_key(neuron.state.neuron.key));
    table.cell(percent_text(training.accuracy.alone));
    table.cell(percent_text(training.accuracy.local));
    table.cell(percent_text(training.accuracy.network));
    table.cell(loss_text(in_report(report, "test_loss")));
    table.cell(rate ? count_text(rate) : absl::StrFormat("%.0f", training.samples_per_s));
    table.cell(absl::StrCat(training.step));
    table.cell(count_text(in_report(report, "answers_ok")));
    table.cell(count_text(in_report(report, "answers_failed")));
    table.cell(count_text(in_report(report, "lessons_taken")));
    table.cell(count_text(in_report(report, "gradients_taken")));
    table.end_row();
  }
  return table.text();
}

using Value = std::function<std::optional<double>(const NeuronState::Point&)>;

// One line a neuron over its steps.
std::string curve(const std::string& title, const std::vector<ReportedNeuron>& neurons,
                  const Value& value) {
  constexpr double kWidth = 460, kHeight = 240, kLeft = 72, kBottom = 26, kTop = 8;
  constexpr std::size_t kDots = 40;  // of more points only the latest is marked
  double last_step = 1;
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const ReportedNeuron& neuron : neurons) {
    for (const NeuronState::Point& point : neuron.state.history) {
      const auto y = value(point);
      if (!y || !std::isfinite(*y)) continue;
      last_step = std::max(last_step, static_cast<double>(point.step));
      least = std::min(least, *y);
      most = std::max(most, *y);
    }
  }
  if (most < least) return "";
  if (most - least < 1e-9) {
    least -= 0.5;
    most += 0.5;
  }
  const auto x_of = [&](double step) { return kLeft + (kWidth - kLeft - 8) * step / last_step; };
  const auto y_of = [&](double y) {
    return kTop + (kHeight - kTop - kBottom) * (1 - (y - least) / (most - least));
  };
  std::string text = absl::StrFormat(
      "<figure><svg width=%.0f height=%.0f viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"%s\">\n",
      kWidth, kHeight, kWidth, kHeight, escaped(title));
  for (int i = 0; i <= 4; ++i) {
    const double y = least + (most - least) * i / 4;
    absl::StrAppendFormat(&text,
                          "<line class=axis x1=%.0f x2=%.0f y1=%.1f y2=%.1f /><text x=%.0f y=%.1f "
                          "text-anchor=end>%.4g</text>\n",
                          kLeft, kWidth - 8, y_of(y), y_of(y), kLeft - 5, y_of(y) + 4, y);
  }
  absl::StrAppendFormat(&text,
                        "<text x=%.0f y=%.0f>0</text><text x=%.0f y=%.0f text-anchor=end>step "
                        "%.0f</text>\n",
                        kLeft, kHeight - 8, kWidth - 8, kHeight - 8, last_step);
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    std::string line;
    std::vector<std::string> dots;
    for (const NeuronState::Point& point : neurons[i].state.history) {
      const auto y = value(point);
      if (!y || !std::isfinite(*y)) continue;
      const double at_x = x_of(static_cast<double>(point.step));
      const double at_y = y_of(*y);
      absl::StrAppendFormat(&line, "%.1f,%.1f ", at_x, at_y);
      dots.push_back(
          absl::StrFormat("<circle cx=%.1f cy=%.1f r=3 fill=\"%s\" />\n", at_x, at_y, colour(i)));
    }
    if (dots.empty()) continue;
    if (dots.size() > kDots) dots.erase(dots.begin(), dots.end() - 1);
    absl::StrAppend(&text, "<polyline fill=none stroke=\"", colour(i),
                    "\" stroke-width=1.6 stroke-linejoin=round points=\"", line, "\"><title>",
                    escaped(name_of(neurons[i].state)), "</title></polyline>\n",
                    absl::StrJoin(dots, ""));
  }
  return absl::StrCat(text, "</svg><figcaption>", escaped(title), "</figcaption></figure>\n");
}

std::string curves(const std::vector<ReportedNeuron>& neurons) {
  std::string text = "<h2>Curves</h2>\n<p class=key>";
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    absl::StrAppend(&text, "<i style=\"background:", colour(i), "\"></i>",
                    escaped(name_of(neurons[i].state)));
  }
  absl::StrAppend(
      &text, "</p>\n<div class=curves>\n",
      curve("local loss, training", neurons, [](const auto& point) { return point.loss.local; }),
      curve("network loss, training", neurons,
            [](const auto& point) { return point.loss.network; }),
      curve("local accuracy, test", neurons,
            [](const auto& point) { return point.accuracy.local; }),
      curve("network accuracy, test", neurons,
            [](const auto& point) { return point.accuracy.network; }),
      curve("samples/s", neurons,
            [](const auto& point) {
              return point.samples_per_s > 0 ? std::optional<double>(point.samples_per_s)
                                             : std::nullopt;
            }),
      "</div>\n");
  return text;
}

// The name of the neuron with that key, if it is one of these.
std::string name_of(const std::string& key, const std::vector<ReportedNeuron>& neurons) {
  for (const ReportedNeuron& neuron : neurons) {
    if (neuron.state.neuron.key == key) return name_of(neuron.state);
  }
  return short_key(key);
}

// "46/48": taken and given.
std::string both(std::uint64_t taken, std::uint64_t given) {
  return absl::StrCat(taken, "/", given);
}

std::string helpers(const std::vector<ReportedNeuron>& neurons) {
  Table table("Who helped whom",
              "A row for each neuron and peer: what the peer was worth to it, and what passed "
              "between them.",
              {"neuron", "peer", "weight", "status", "latency", "answered/asked",
               "lessons taken/given", "gradients taken/given", "received", "sent", "last failure"},
              /*words_at=*/10);
  for (std::size_t i = 0; i < std::min(neurons.size(), kTableNeurons); ++i) {
    for (std::size_t j = 0; j < std::min(neurons[i].state.peers.size(), kTableNeurons); ++j) {
      const NeuronState::Peer& peer = neurons[i].state.peers[j];
      table.begin_row();
      table.cell(name_of(neurons[i].state));
      table.cell(name_of(peer.key, neurons));
      table.hot(peer.weight, absl::StrFormat("%.3f", peer.weight));
      table.cell(to_string(peer.status));
      table.cell(peer.latency_ms ? absl::StrFormat("%.1f ms", *peer.latency_ms) : "-");
      table.cell(both(peer.answered, peer.asked));
      table.cell(both(peer.lessons_taken, peer.lessons_given));
      table.cell(both(peer.gradients_taken, peer.gradients_given));
      table.cell(bytes_text(static_cast<double>(peer.bytes_received)));
      table.cell(bytes_text(static_cast<double>(peer.bytes_sent)));
      table.words(peer.last_failure.empty() ? "-" : peer.last_failure);
      table.end_row();
    }
  }
  return table.text();
}

std::string confusion(const ReportedNeuron& neuron) {
  if (!neuron.report.is_object() || !neuron.report.contains("confusion")) return "";
  const json& rows = neuron.report["confusion"];
  if (!rows.is_array() || rows.empty()) return "";
  std::string text = absl::StrCat("<figure><table>\n<caption>", escaped(name_of(neuron.state)),
                                  ": class (row) and what it was taken for (column)</caption>\n");
  std::vector<std::string> names{""};
  for (std::size_t i = 0; i < rows.size(); ++i) names.push_back(absl::StrCat(i));
  text += row(names);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double sum = 0;
    for (const json& count : rows[i]) sum += count.get<double>();
    absl::StrAppend(&text, "<tr><th>", i, "</th>");
    for (const json& count : rows[i]) {
      const auto n = count.get<double>();
      text += hot_cell(sum > 0 ? n / sum : 0, n > 0 ? absl::StrFormat("%.0f", n) : "");
    }
    text += "</tr>\n";
  }
  return text + "</table></figure>\n";
}

std::string confusions(const std::vector<ReportedNeuron>& neurons) {
  std::string text;
  for (const ReportedNeuron& neuron : neurons) text += confusion(neuron);
  if (text.empty()) return "";
  return absl::StrCat(
      "<h2>What was taken for what</h2>\n<p>By the local model, on the test set.</p>"
      "<div class=matrices>\n",
      text, "</div>\n");
}

std::string events(const std::vector<ReportedNeuron>& neurons) {
  Table table("What happened", "The last of each neuron.", {"neuron", "after", "what"},
              /*words_at=*/2);
  bool any = false;
  for (const ReportedNeuron& neuron : neurons) {
    const auto& all = neuron.state.events;
    const std::size_t n = std::min(all.size(), kEvents);
    for (std::size_t i = all.size() - n; i < all.size(); ++i) {
      table.begin_row();
      table.cell(name_of(neuron.state));
      table.cell(time_text(all[i].time_s - neuron.state.neuron.started_s));
      table.words(all[i].text);
      table.end_row();
      any = true;
    }
  }
  return any ? table.text() : "";
}

// As a shell reads it back.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string("-_./:,=+@%").find(static_cast<char>(c)) != std::string::npos;
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::string report_page(const std::string& title, const std::vector<ReportedNeuron>& neurons,
                        const std::string& command) {
  return absl::StrCat(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n<meta "
      "name=viewport content=\"width=device-width,initial-scale=1\"><title>",
      escaped(title), "</title>\n<style>", kStyle, "</style></head><body>\n<h1>", escaped(title),
      "</h1>\n", table(neurons), curves(neurons), confusions(neurons), helpers(neurons),
      events(neurons), "<h2>The command that repeats it</h2>\n<pre>", escaped(command),
      "</pre>\n</body></html>\n");
}

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words(std::istreambuf_iterator<char>(file), {});
  std::string line;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::string word = words.c_str() + begin;
    absl::StrAppend(&line, line.empty() ? "" : " ", quoted(word));
    begin += word.size() + 1;
  }
  return line;
}

}  // namespace bittensor
