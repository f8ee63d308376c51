// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/statement.h"

#include <limits>

#include "gtest/gtest.h"

#include "bittensor/metagraph/testing/now.h"

namespace bittensor {
namespace {

v1::Record some_record() {
  v1::Record record;
  record.set_axon_address("192.0.2.1:8091");
  record.set_metagraph_address("192.0.2.1:8092");
  *record.mutable_schema() = to_proto(Schema{Modality::kTensor, at::kFloat, {4}, 8});
  record.set_issued_ms(kNow);
  record.set_ttl_ms(15'000);
  return record;
}

// What a stranger's program could sign, right or wrong.
v1::Statement sign_anything(const Wallet& wallet, v1::Record record) {
  record.set_key(std::string(wallet.key().bytes()));
  v1::Statement statement;
  statement.set_kind(v1::Statement::KIND_RECORD);
  statement.set_body(record.SerializeAsString());
  std::string bytes = "bittensor.v1 statement";
  bytes += '\0';
  bytes += '\1';
  statement.set_signature(wallet.sign(bytes + statement.body()));
  return statement;
}

absl::StatusCode code(const v1::Statement& statement) {
  return read_statement(statement, kNow).status().code();
}

TEST(Statement, ARecordIsReadAsItWasSigned) {
  const Wallet wallet = Wallet::create();
  const auto made = sign_record(wallet, some_record());
  ASSERT_TRUE(made.ok());
  const auto read = read_statement(to_proto(**made), kNow);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(is_signed(**read));
  EXPECT_EQ((*read)->key, wallet.key());
  EXPECT_EQ((*read)->axon_address, "192.0.2.1:8091");
  EXPECT_EQ((*read)->metagraph_address, "192.0.2.1:8092");
  EXPECT_EQ((*read)->issued_ms, kNow);
  EXPECT_EQ((*read)->expires_ms, kNow + 15'000);
}

TEST(Statement, TheBytesThatAreSignedAreThoseOfTheWireFormat) {
  const Wallet wallet = Wallet::create();
  const auto read = read_statement(sign_anything(wallet, some_record()), kNow);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(is_signed(**read));
}

TEST(Statement, ATamperedOneIsNotSigned) {
  const Wallet wallet = Wallet::create();
  v1::Statement statement = sign_anything(wallet, some_record());
  v1::Record record = some_record();
  record.set_key(std::string(wallet.key().bytes()));
  record.set_axon_address("192.0.2.66:8091");
  statement.set_body(record.SerializeAsString());
  const auto read = read_statement(statement, kNow);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(is_signed(**read));
}

TEST(Statement, ANeuronCannotSpeakForAnother) {
  v1::Statement statement = sign_anything(Wallet::create(), some_record());
  v1::Record record;
  ASSERT_TRUE(record.ParseFromString(statement.body()));
  record.set_key(std::string(Wallet::create().key().bytes()));
  statement.set_body(record.SerializeAsString());
  EXPECT_FALSE(is_signed(**read_statement(statement, kNow)));
}

TEST(Statement, TimesOutOfRangeAreRefused) {
  const Wallet wallet = Wallet::create();
  const auto with = [&](std::int64_t issued_ms, std::int64_t ttl_ms) {
    v1::Record record = some_record();
    record.set_issued_ms(issued_ms);
    record.set_ttl_ms(ttl_ms);
    return code(sign_anything(wallet, record));
  };
  EXPECT_EQ(with(kNow + 30'000, 15'000), absl::StatusCode::kOk);
  EXPECT_EQ(with(kNow + 30'001, 15'000), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(with(kNow - 14'999, 15'000), absl::StatusCode::kOk);
  EXPECT_EQ(with(kNow - 45'000, 15'000), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(with(kNow, 999), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with(kNow, 3'600'001), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with(-1, 15'000), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with(std::numeric_limits<std::int64_t>::max(), 15'000),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(with(kNow, std::numeric_limits<std::int64_t>::max()),
            absl::StatusCode::kInvalidArgument);
}

TEST(Statement, WrongAddressesAndSchemasAreRefused) {
  const Wallet wallet = Wallet::create();
  for (const std::string& address :
       {std::string(), std::string("host"), std::string("host:0"), std::string("http://host:1"),
        std::string(252, 'a') + ":80", std::string(5000, 'a') + ":80"}) {
    v1::Record record = some_record();
    record.set_axon_address(address);
    EXPECT_EQ(code(sign_anything(wallet, record)), absl::StatusCode::kInvalidArgument) << address;
    record = some_record();
    record.set_metagraph_address(address);
    EXPECT_EQ(code(sign_anything(wallet, record)), absl::StatusCode::kInvalidArgument) << address;
  }
  v1::Record record = some_record();
  record.mutable_schema()->set_network_dim(0);
  EXPECT_EQ(code(sign_anything(wallet, record)), absl::StatusCode::kInvalidArgument);
}

TEST(Statement, RubbishIsRefused) {
  v1::Statement statement;
  EXPECT_EQ(code(statement), absl::StatusCode::kInvalidArgument);
  statement.set_signature(std::string(64, 'x'));
  statement.set_body("\xff\xff\xff");
  for (int kind = 0; kind < 4; ++kind) {
    statement.set_kind(static_cast<v1::Statement::Kind>(kind));
    EXPECT_EQ(code(statement), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Statement, ARowOfWeightsIsReadAsItWasSigned) {
  const Wallet wallet = Wallet::create();
  const PublicKey other = Wallet::create().key();
  v1::Weights weights;
  weights.set_issued_ms(kNow);
  weights.set_ttl_ms(60'000);
  weights.add_weights()->set_key(std::string(other.bytes()));
  weights.mutable_weights(0)->set_weight(0.5f);
  const auto made = sign_weights(wallet, weights);
  ASSERT_TRUE(made.ok());
  const auto read = read_statement(to_proto(**made), kNow);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(is_signed(**read));
  const WeightRow row = weights_in(**read);
  ASSERT_EQ(row.size(), 1u);
  EXPECT_EQ(row[0].first, other);
  EXPECT_EQ(row[0].second, 0.5f);
}

TEST(Statement, RowsWithTooManyOrWrongWeightsAreRefused) {
  const Wallet wallet = Wallet::create();
  v1::Weights weights;
  weights.set_issued_ms(kNow);
  weights.set_ttl_ms(60'000);
  weights.add_weights()->set_key(std::string(32, 'k'));
  for (const float value : {-0.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()}) {
    weights.mutable_weights(0)->set_weight(value);
    EXPECT_FALSE(sign_weights(wallet, weights).ok()) << value;
  }
  weights.mutable_weights(0)->set_weight(1);
  EXPECT_TRUE(sign_weights(wallet, weights).ok());
  for (int i = 0; i < 32; ++i) *weights.add_weights() = weights.weights(0);
  EXPECT_FALSE(sign_weights(wallet, weights).ok());
}

}  // namespace
}  // namespace bittensor
