// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/publisher.h"

#include <algorithm>
#include <utility>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

constexpr std::int64_t kRenewalsATtl = 3;    // so that two may be lost
constexpr std::int64_t kRecordsARound = 10;  // renewed by the whole network
constexpr std::int64_t kRecordsARow = 4;     // rows are larger, and less urgent

std::int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// Between 3/4 of `interval` and all of it, so that neurons that started together do not
// renew together. A signature is as good as random.
std::int64_t jittered(std::int64_t interval, const Statement& statement) {
  const auto byte = static_cast<std::uint8_t>(statement.signature.front());
  return interval - interval * byte / (4 * 256);
}

}  // namespace

std::int64_t Publisher::ttl_ms(std::size_t neurons) const {
  const auto count = static_cast<std::int64_t>(std::min<std::size_t>(neurons, 1'000'000));
  const std::int64_t scaled = kRenewalsATtl * count * to_ms(options_.round) / kRecordsARound;
  return std::min(std::max({to_ms(options_.ttl), scaled, kMinTtlMs}), kMaxTtlMs);
}

void Publisher::set_record(v1::Record record) {
  record_ = std::move(record);
  has_record_ = true;
  record_due_ms_ = 0;
}

void Publisher::set_row(WeightRow row) {
  BITTENSOR_CHECK(row.size() <= kMaxRowWeights) << row.size();
  row_ = std::move(row);
}

std::vector<StatementPtr> Publisher::due(std::int64_t now_ms, std::size_t neurons,
                                         std::int64_t newest_of_self_ms) {
  if (newest_of_self_ms > last_issued_ms_) {
    last_issued_ms_ = newest_of_self_ms;
    record_due_ms_ = row_due_ms_ = 0;
  }
  record_ttl_ms_ = ttl_ms(neurons);
  forget_times_after_a_jump(now_ms);
  std::vector<StatementPtr> statements;
  if (has_record_ && now_ms >= record_due_ms_) {
    statements.push_back(make_record(now_ms));
    record_due_ms_ = now_ms + jittered(record_ttl_ms_ / kRenewalsATtl, *statements.back());
  }
  if (has_record_ && !row_.empty() && now_ms >= row_due_ms_) {
    statements.push_back(make_row(now_ms));
    row_due_ms_ =
        now_ms + jittered(kRecordsARow * record_ttl_ms_ / kRenewalsATtl, *statements.back());
  }
  return statements;
}

// When the clock was ahead and is set back, what was said meanwhile was refused by all, and must
// not be waited for.
void Publisher::forget_times_after_a_jump(std::int64_t now_ms) {
  const std::int64_t interval_ms = record_ttl_ms_ / kRenewalsATtl;
  if (record_due_ms_ - now_ms > 2 * interval_ms) record_due_ms_ = 0;
  if (row_due_ms_ - now_ms > 2 * kRecordsARow * interval_ms) row_due_ms_ = 0;
  if (last_issued_ms_ - now_ms > kMaxFutureMs) last_issued_ms_ = 0;
}

StatementPtr Publisher::farewell(std::int64_t now_ms) {
  if (!has_record_ || last_issued_ms_ == 0) return nullptr;
  record_.set_leaving(true);
  // Remembered for as long as the record would hold, which may date from a larger network.
  record_ttl_ms_ = std::min(std::max(record_ttl_ms_, record_expires_ms_ - now_ms), kMaxTtlMs);
  StatementPtr statement = make_record(now_ms);
  has_record_ = false;
  return statement;
}

StatementPtr Publisher::make_record(std::int64_t now_ms) {
  record_.set_issued_ms(next_issue(now_ms));
  record_.set_ttl_ms(record_ttl_ms_);
  auto statement = sign_record(wallet_, record_);
  BITTENSOR_CHECK(statement.ok()) << statement.status();
  record_expires_ms_ = (*statement)->expires_ms;
  return *std::move(statement);
}

StatementPtr Publisher::make_row(std::int64_t now_ms) {
  v1::Weights weights;
  weights.set_issued_ms(next_issue(now_ms));
  weights.set_ttl_ms(std::min(kRecordsARow * record_ttl_ms_, kMaxTtlMs));
  for (const auto& [key, weight] : row_) {
    v1::Weight& entry = *weights.add_weights();
    entry.set_key(std::string(key.bytes()));
    entry.set_weight(weight);
  }
  auto statement = sign_weights(wallet_, std::move(weights));
  BITTENSOR_CHECK(statement.ok()) << statement.status();
  return *std::move(statement);
}

std::int64_t Publisher::next_issue(std::int64_t now_ms) {
  last_issued_ms_ = std::max(now_ms, last_issued_ms_ + 1);
  return last_issued_ms_;
}

}  // namespace bittensor
