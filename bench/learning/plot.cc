// SPDX-License-Identifier: MIT
#include "bench/learning/plot.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace bittensor::bench {
namespace {

constexpr double kWidth = 640, kHeight = 320;
constexpr double kLeft = 48, kRight = 150, kTop = 16, kBottom = 36;
constexpr int kTicks = 5;
// Okabe and Ito's palette, told apart by colour-blind readers too.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                    "#E69F00", "#56B4E9", "#000000", "#999999"};

std::map<double, double> averaged(const std::vector<std::pair<double, double>>& points) {
  std::map<double, std::pair<double, int>> sums;
  for (const auto& [step, value] : points) {
    sums[step].first += value;
    ++sums[step].second;
  }
  std::map<double, double> means;
  for (const auto& [step, sum] : sums) means[step] = sum.first / sum.second;
  return means;
}

std::string text(double x, double y, const std::string& anchor, const std::string& content) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
                         content);
}

}  // namespace

// From steps and values to pixels.
struct Plot::Area {
  double last_step = 1, lowest = 0, highest = 1;

  explicit Area(const std::vector<Curve>& curves) {
    lowest = INFINITY;
    highest = -INFINITY;
    for (const Curve& curve : curves) {
      for (const auto& [step, value] : curve.points) {
        last_step = std::max(last_step, step);
        lowest = std::min(lowest, value);
        highest = std::max(highest, value);
      }
    }
    if (highest - lowest < 1e-9) highest = lowest + 1;
  }
  double x(double step) const { return kLeft + step / last_step * (kWidth - kLeft - kRight); }
  double y(double value) const {
    return kHeight - kBottom - (value - lowest) / (highest - lowest) * (kHeight - kTop - kBottom);
  }
};

void Plot::add(const std::string& curve, double step, double value) {
  auto found = std::find_if(curves_.begin(), curves_.end(),
                            [&](const Curve& candidate) { return candidate.name == curve; });
  if (found == curves_.end()) found = curves_.insert(curves_.end(), Curve{curve, {}});
  found->points.emplace_back(step, value);
}

std::string Plot::svg() const {
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      kWidth, kHeight);
  if (curves_.empty()) return svg + "</svg>\n";
  const Area area(curves_);
  for (int i = 0; i <= kTicks; ++i) {
    const double part = static_cast<double>(i) / kTicks;
    const double value = area.lowest + part * (area.highest - area.lowest);
    absl::StrAppendFormat(&svg,
                          "<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
                          kLeft, kWidth - kRight, area.y(value), area.y(value));
    svg += text(kLeft - 6, area.y(value) + 4, "end", absl::StrFormat("%.3g", value));
    const double step = part * area.last_step;
    svg += text(area.x(step), kHeight - kBottom + 18, "middle", absl::StrFormat("%.0f", step));
  }
  svg += text((kLeft + kWidth - kRight) / 2, kHeight - 4, "middle", "training step");
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const char* colour = kColours[i % std::size(kColours)];
    std::string points;
    for (const auto& [step, value] : averaged(curves_[i].points)) {
      absl::StrAppendFormat(&points, "%.1f,%.1f ", area.x(step), area.y(value));
    }
    absl::StrAppend(&svg, "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"", colour,
                    "\" points=\"", points, "\"/>\n");
    const double y = kTop + 8 + 18 * static_cast<double>(i);
    absl::StrAppendFormat(&svg, "<rect x=\"%g\" y=\"%g\" width=\"12\" height=\"4\" fill=\"%s\"/>\n",
                          kWidth - kRight + 12, y, colour);
    svg += text(kWidth - kRight + 30, y + 6, "start", curves_[i].name);
  }
  return svg + "</svg>\n";
}

}  // namespace bittensor::bench
