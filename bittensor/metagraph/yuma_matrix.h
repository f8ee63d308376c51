// SPDX-License-Identifier: MIT
//
// What Yuma consensus computes with: vectors and sparse matrices of fixed-point numbers, none
// below 0.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bittensor/metagraph/fixed_point.h"

namespace bittensor::yuma {

using Vector = std::vector<Fixed>;

struct Entry {
  std::uint16_t column;
  Fixed value;
};
using Row = std::vector<Entry>;   // columns rising, none twice
using Matrix = std::vector<Row>;  // [n, n]

Fixed sum_of(const Vector& values);

// Divides by the sum, unless that is 0.
void normalize(Vector& values);
void normalize_columns(Matrix& matrix);

void sort_columns(Row& row);

// alpha * bought + (1 - alpha) * old, each product rounded by itself; without zeros.
Row moving_average(const Row& bought, const Row& old, Fixed alpha);

// A weighted median: the least value such that more stake than `minority` gives it or less, or
// else the largest. `column` has (value, the stake that gives it), values above 0; the rest of
// the stake `total` gives 0. Sorts the column. The chain looks for it by halving, and finds the
// same.
Fixed median(std::vector<std::pair<Fixed, Fixed>>& column, Fixed total, Fixed minority);

std::vector<std::uint16_t> to_u16(const Vector& proportions);

}  // namespace bittensor::yuma
