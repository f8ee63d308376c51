// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/statement.h"

#include <cmath>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

// Of a body: two addresses of the greatest length and a schema fit; so do 32 weights.
constexpr std::size_t kMaxBodyBytes = 2048;
constexpr std::size_t kSignatureBytes = 64;

std::string signed_bytes(v1::Statement::Kind kind, const std::string& body) {
  std::string bytes = "bittensor.v1 statement";
  bytes.push_back('\0');
  bytes.push_back(static_cast<char>(kind));
  return bytes + body;
}

absl::Status check_address(const char* what, const std::string& address) {
  if (address.size() > kMaxAddressBytes)
    return absl::InvalidArgumentError(absl::StrCat(what, " is longer than 255 bytes"));
  BITTENSOR_ASSIGN_OR_RETURN(const Address parsed, parse_address(address));
  if (parsed.port == 0) return absl::InvalidArgumentError(absl::StrCat(what, " has port 0"));
  return absl::OkStatus();
}

// What records and rows have in common.
absl::Status read_times(std::int64_t issued_ms, std::int64_t ttl_ms, Statement& statement) {
  if (ttl_ms < kMinTtlMs || ttl_ms > kMaxTtlMs)
    return absl::InvalidArgumentError(absl::StrCat("ttl of ", ttl_ms, " ms"));
  // Far from the ends of int64, so that sums of times cannot overflow.
  if (issued_ms <= 0 || issued_ms > (std::int64_t{1} << 60))
    return absl::InvalidArgumentError(absl::StrCat("issued at ", issued_ms, " ms"));
  statement.issued_ms = issued_ms;
  statement.expires_ms = issued_ms + ttl_ms;
  return absl::OkStatus();
}

absl::Status read_record(Statement& statement) {
  v1::Record record;
  if (!record.ParseFromString(statement.body))
    return absl::InvalidArgumentError("the body is not a record");
  BITTENSOR_ASSIGN_OR_RETURN(statement.key, PublicKey::from_bytes(record.key()));
  BITTENSOR_RETURN_IF_ERROR(read_times(record.issued_ms(), record.ttl_ms(), statement));
  BITTENSOR_RETURN_IF_ERROR(check_address("axon_address", record.axon_address()));
  BITTENSOR_RETURN_IF_ERROR(check_address("metagraph_address", record.metagraph_address()));
  BITTENSOR_ASSIGN_OR_RETURN(statement.schema, from_proto(record.schema()));
  statement.leaving = record.leaving();
  statement.work = record.work();
  statement.axon_address = record.axon_address();
  statement.metagraph_address = record.metagraph_address();
  return absl::OkStatus();
}

absl::Status read_weights(Statement& statement) {
  v1::Weights row;
  if (!row.ParseFromString(statement.body))
    return absl::InvalidArgumentError("the body is not a row of weights");
  BITTENSOR_ASSIGN_OR_RETURN(statement.key, PublicKey::from_bytes(row.key()));
  BITTENSOR_RETURN_IF_ERROR(read_times(row.issued_ms(), row.ttl_ms(), statement));
  if (row.weights_size() > static_cast<int>(kMaxRowWeights))
    return absl::InvalidArgumentError(absl::StrCat("a row of ", row.weights_size(), " weights"));
  for (const v1::Weight& weight : row.weights()) {
    // Written so that NaN fails.
    if (weight.key().size() != PublicKey::kSize || !(weight.weight() >= 0 && weight.weight() <= 1))
      return absl::InvalidArgumentError("a weight without key or not in [0, 1]");
  }
  return absl::OkStatus();
}

// All but the time and the signature.
absl::StatusOr<std::shared_ptr<Statement>> parse(v1::Statement::Kind kind, std::string body,
                                                 std::string signature) {
  if (body.size() > kMaxBodyBytes || signature.size() != kSignatureBytes)
    return absl::InvalidArgumentError("a statement too long, or without signature");
  auto statement = std::make_shared<Statement>();
  statement->kind = kind;
  statement->body = std::move(body);
  statement->signature = std::move(signature);
  switch (kind) {
    case v1::Statement::KIND_RECORD:
      BITTENSOR_RETURN_IF_ERROR(read_record(*statement));
      break;
    case v1::Statement::KIND_WEIGHTS:
      BITTENSOR_RETURN_IF_ERROR(read_weights(*statement));
      break;
    default:
      return absl::InvalidArgumentError(absl::StrCat("a statement of kind ", kind));
  }
  return statement;
}

absl::StatusOr<StatementPtr> sign(const Wallet& wallet, v1::Statement::Kind kind,
                                  std::string body) {
  std::string signature = wallet.sign(signed_bytes(kind, body));
  return parse(kind, std::move(body), std::move(signature));
}

}  // namespace

std::int64_t Statement::kept_until_ms() const {
  return expires_ms + kMaxBehindMs;
}

Statement::Id Statement::id_of(v1::Statement::Kind kind, const PublicKey& key) {
  Id id = 0;
  for (int i = 7; i >= 0; --i) id = id << 8 | static_cast<std::uint8_t>(key.bytes()[i]);
  return (id & ~Id{3}) | static_cast<Id>(kind);
}

absl::StatusOr<StatementPtr> read_statement(const v1::Statement& statement, std::int64_t now_ms) {
  BITTENSOR_ASSIGN_OR_RETURN(StatementPtr read,
                             parse(statement.kind(), statement.body(), statement.signature()));
  if (read->kept_until_ms() <= now_ms) return absl::OutOfRangeError("the statement has expired");
  if (read->issued_ms > now_ms + kMaxFutureMs)
    return absl::OutOfRangeError("the statement is from the future");
  return read;
}

bool is_signed(const Statement& statement) {
  return verify(statement.key, signed_bytes(statement.kind, statement.body), statement.signature);
}

v1::Statement to_proto(const Statement& statement) {
  v1::Statement proto;
  proto.set_kind(statement.kind);
  proto.set_body(statement.body);
  proto.set_signature(statement.signature);
  return proto;
}

WeightRow weights_in(const Statement& statement) {
  WeightRow row;
  v1::Weights weights;
  if (statement.kind != v1::Statement::KIND_WEIGHTS || !weights.ParseFromString(statement.body))
    return row;
  for (const v1::Weight& weight : weights.weights()) {
    const auto key = PublicKey::from_bytes(weight.key());
    if (key.ok()) row.emplace_back(*key, weight.weight());
  }
  return row;
}

absl::StatusOr<StatementPtr> sign_record(const Wallet& wallet, v1::Record record) {
  record.set_key(std::string(wallet.key().bytes()));
  return sign(wallet, v1::Statement::KIND_RECORD, record.SerializeAsString());
}

absl::StatusOr<StatementPtr> sign_weights(const Wallet& wallet, v1::Weights weights) {
  weights.set_key(std::string(wallet.key().bytes()));
  return sign(wallet, v1::Statement::KIND_WEIGHTS, weights.SerializeAsString());
}

}  // namespace bittensor
