// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/yuma_matrix.h"

#include <algorithm>
#include <numeric>

namespace bittensor::yuma {

Fixed sum_of(const Vector& values) {
  return std::accumulate(values.begin(), values.end(), Fixed{0});
}

void normalize(Vector& values) {
  const Fixed sum = sum_of(values);
  if (sum == 0) return;
  for (Fixed& value : values) value = fixed_div(value, sum);
}

void normalize_columns(Matrix& matrix) {
  Vector sums(matrix.size());
  for (const auto& row : matrix) {
    for (const Entry& entry : row) sums[entry.column] += entry.value;
  }
  for (auto& row : matrix) {
    for (Entry& entry : row) entry.value = fixed_div(entry.value, sums[entry.column]);
  }
}

void sort_columns(Row& row) {
  const auto before = [](const Entry& a, const Entry& b) { return a.column < b.column; };
  if (!std::is_sorted(row.begin(), row.end(), before)) std::sort(row.begin(), row.end(), before);
}

Row moving_average(const Row& bought, const Row& old, Fixed alpha) {
  Row row;
  row.reserve(bought.size() + old.size());
  auto a = bought.begin();
  auto b = old.begin();
  while (a != bought.end() || b != old.end()) {
    const bool has_a = a != bought.end() && (b == old.end() || a->column <= b->column);
    const bool has_b = b != old.end() && (a == bought.end() || b->column <= a->column);
    Entry entry{has_a ? a->column : b->column, 0};
    if (has_a) entry.value += fixed_mul(alpha, (a++)->value);
    if (has_b) entry.value += fixed_mul(kFixedOne - alpha, (b++)->value);
    if (entry.value > 0) row.push_back(entry);
  }
  return row;
}

Fixed median(std::vector<std::pair<Fixed, Fixed>>& column, Fixed total, Fixed minority) {
  Fixed below = total;
  for (const auto& [value, stake] : column) below -= stake;
  if (column.empty() || (below > 0 && below > minority)) return 0;
  std::sort(column.begin(), column.end());
  for (std::size_t k = 0; k < column.size(); ++k) {
    below += column[k].second;
    // Those of the same value count together, but what the first passes all pass.
    if (below > minority) return column[k].first;
  }
  return column.back().first;
}

std::vector<std::uint16_t> to_u16(const Vector& proportions) {
  std::vector<std::uint16_t> stored;
  stored.reserve(proportions.size());
  for (const Fixed proportion : proportions) stored.push_back(fixed_to_u16(proportion));
  return stored;
}

}  // namespace bittensor::yuma
