// SPDX-License-Identifier: MIT
#include "bittensor/trust/certificate.h"

#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNowSeconds = 1'700'000'000;  // unix seconds

// Of tests/data/tls, where make.sh says what is what.
std::string data(const std::string& name) {
  std::ifstream file("tests/data/tls/" + name);
  EXPECT_TRUE(file) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void expect_refused(const absl::Status& status, const std::string& why) {
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  EXPECT_FALSE(status.ok());
}

TEST(Certificate, NamesTheNeuronThatMadeIt) {
  const Wallet wallet = Wallet::create();
  const Certificate certificate = make_certificate(wallet, kNowSeconds + 1);
  const auto key = neuron_of_certificate(certificate.pem, kNowSeconds);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(*key, wallet.key());
}

TEST(Certificate, EachHasAKeyOfItsOwn) {
  const Wallet wallet = Wallet::create();
  EXPECT_NE(make_certificate(wallet, kNowSeconds).key.view(),
            make_certificate(wallet, kNowSeconds).key.view());
}

TEST(Certificate, EndsWhenItSays) {
  const Certificate certificate = make_certificate(Wallet::create(), kNowSeconds);
  EXPECT_TRUE(neuron_of_certificate(certificate.pem, kNowSeconds).ok());
  expect_refused(neuron_of_certificate(certificate.pem, kNowSeconds + 1).status(), "has expired");
}

TEST(Certificate, WithoutANeuronIsRefused) {
  expect_refused(neuron_of_certificate(data("neuron.pem"), kNowSeconds).status(),
                 "names no neuron");
}

TEST(Certificate, WhatIsNoneIsRefused) {
  for (const std::string& text : {std::string(), std::string("hello"), data("neuron.key")}) {
    expect_refused(neuron_of_certificate(text, kNowSeconds).status(), "is not valid");
  }
}

// No byte of what is signed, nor of the signature, may be another.
TEST(Certificate, ChangedOneNamesNobody) {
  const Wallet wallet = Wallet::create();
  const std::string pem = make_certificate(wallet, kNowSeconds).pem;
  const std::size_t begin = pem.find('\n') + 1;
  const std::size_t end = pem.find("\n-----END");
  int still_whole = 0;
  for (std::size_t at = begin; at < end; ++at) {
    if (pem[at] == '\n') continue;
    std::string changed = pem;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto key = neuron_of_certificate(changed, kNowSeconds);
    // Names, serial number and the certificate's signature of itself prove nothing.
    if (!key.ok()) continue;
    EXPECT_EQ(*key, wallet.key());
    ++still_whole;
  }
  EXPECT_LT(still_whole, static_cast<int>(end - begin) * 2 / 3);
}

TEST(Certificate, OfTheUserIsGoodIfItsAuthorityVouchesForIt) {
  const auto check = [](const char* name, const char* key, const char* authority) {
    return check_certificate(data(name), data(key), data(authority), kNowSeconds);
  };
  EXPECT_EQ(check("neuron.pem", "neuron.key", "authority.pem"), absl::OkStatus());
  expect_refused(check("neuron.pem", "neuron.key", "other_authority.pem"), "does not vouch");
  expect_refused(check("expired.pem", "expired.key", "authority.pem"), "has expired");
  expect_refused(check("neuron.pem", "stranger.key", "authority.pem"), "another certificate");
  expect_refused(check("neuron.pem", "neuron.pem", "authority.pem"), "the key is not valid");
  expect_refused(check("neuron.key", "neuron.key", "authority.pem"),
                 "the certificate is not valid");
  expect_refused(check("neuron.pem", "neuron.key", "make.sh"), "no certificate");
}

}  // namespace
}  // namespace bittensor
