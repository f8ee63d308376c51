// SPDX-License-Identifier: MIT
#include "bittensor/neuron/tls_options.h"

#include <filesystem>

#include "gmock/gmock.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/trust/certificate.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

constexpr char kData[] = "tests/data/tls/";

class TlsOptions : public ::testing::Test {
 protected:
  TlsOptions() {
    namespace fs = std::filesystem;
    // Of this test alone: others run at the same time.
    key_ = ::testing::TempDir() + "/tls_options_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".key";
    fs::copy_file(std::string(kData) + "neuron.key", key_, fs::copy_options::overwrite_existing);
    fs::permissions(key_, fs::perms::owner_read);
  }
  ~TlsOptions() override { std::filesystem::remove(key_); }

  absl::Status files(const std::string& ca, const std::string& certificate,
                     const std::string& key) {
    NeuronOptions options;
    options.tls_ca = ca;
    options.tls_certificate = certificate;
    options.tls_key = key;
    const auto tls = make_tls(options, wallet_, executor_);
    EXPECT_TRUE(!tls.ok() || tls->has_value());
    return tls.status();
  }

  // How a neuron with --tls finds a peer's `certificate`, for a message to `neuron`.
  absl::Status check(const std::string& certificate, absl::string_view neuron) {
    NeuronOptions options;
    options.tls = true;
    return (*make_tls(options, wallet_, executor_))->check(certificate, neuron);
  }

  // Later than the certificates of the tests begin.
  ManualExecutor executor_;
  const Wallet wallet_ = Wallet::create();
  const Wallet peer_ = Wallet::create();
  std::string key_;
};

TEST_F(TlsOptions, NoneIsPlainText) {
  const auto tls = make_tls(NeuronOptions(), wallet_, executor_);
  ASSERT_TRUE(tls.ok());
  EXPECT_FALSE(tls->has_value());
}

TEST_F(TlsOptions, SelfMadeCertificateIsOfTheNeuronsKey) {
  NeuronOptions options;
  options.tls = true;
  const auto tls = make_tls(options, wallet_, executor_);
  ASSERT_TRUE(tls.ok() && tls->has_value());
  EXPECT_EQ(check((*tls)->certificate, wallet_.key().bytes()), absl::OkStatus());
  EXPECT_EQ(check((*tls)->certificate, ""), absl::OkStatus());
}

TEST_F(TlsOptions, AnotherNeuronsCertificateIsRefused) {
  const std::string certificate = make_certificate(wallet_, executor_.unix_ms() / 1000).pem;
  const absl::Status status = check(certificate, peer_.key().bytes());
  EXPECT_THAT(std::string(status.message()), HasSubstr(wallet_.key().short_hex()));
}

TEST_F(TlsOptions, CertificateThatExpiredIsRefused) {
  const std::string certificate = make_certificate(peer_, executor_.unix_ms() / 1000).pem;
  EXPECT_EQ(check(certificate, peer_.key().bytes()), absl::OkStatus());
  executor_.advance(std::chrono::seconds(2));
  EXPECT_THAT(std::string(check(certificate, peer_.key().bytes()).message()),
              HasSubstr("has expired"));
}

TEST_F(TlsOptions, FilesOfTheUserAreCheckedAtTheStart) {
  const std::string data = kData;
  EXPECT_EQ(files(data + "authority.pem", data + "neuron.pem", key_), absl::OkStatus());
  const auto message = [&](const std::string& ca, const std::string& certificate,
                           const std::string& key) {
    return std::string(files(ca, certificate, key).message());
  };
  EXPECT_THAT(message(data + "authority.pem", "", key_), HasSubstr("one is missing"));
  EXPECT_THAT(message("no_file", data + "neuron.pem", key_), HasSubstr("no_file"));
  EXPECT_THAT(message(data + "other_authority.pem", data + "neuron.pem", key_),
              HasSubstr("neuron.pem: the authority does not vouch"));
  std::filesystem::permissions(key_, std::filesystem::perms::others_read);
  EXPECT_THAT(message(data + "authority.pem", data + "neuron.pem", key_), HasSubstr(key_));
}

}  // namespace
}  // namespace bittensor
