// SPDX-License-Identifier: MIT
#include "bittensor/trust/certificate.h"

#include <ctime>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

constexpr absl::string_view kSigned("bittensor.v1 certificate\0", 25);
constexpr std::size_t kSignatureSize = 64;
constexpr long kVersion3 = 2;

struct Free {
  void operator()(ASN1_OBJECT* it) const { ASN1_OBJECT_free(it); }
  void operator()(ASN1_OCTET_STRING* it) const { ASN1_OCTET_STRING_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
  void operator()(X509_STORE* it) const { X509_STORE_free(it); }
  void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> reading(absl::string_view pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string written(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

// An encrypted key would make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::vector<Owned<X509>> read_certificates(absl::string_view pem) {
  std::vector<Owned<X509>> found;
  const Owned<BIO> bio = reading(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr)) {
    found.emplace_back(one);
  }
  ERR_clear_error();  // The end of the text is an error to OpenSSL.
  return found;
}

std::string public_key_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

// What the neuron's key signs.
std::string statement_of(X509* certificate, std::int64_t not_after) {
  std::string statement(kSigned);
  for (int byte = 0; byte < 8; ++byte) {
    statement += static_cast<char>(static_cast<std::uint64_t>(not_after) >> (8 * byte));
  }
  return statement + public_key_of(certificate);
}

Owned<ASN1_OBJECT> extension_name() {
  return Owned<ASN1_OBJECT>(OBJ_txt2obj(kNeuronExtension, /*no_name=*/1));
}

void add_extension(X509* certificate, const std::string& content) {
  const Owned<ASN1_OCTET_STRING> bytes(ASN1_OCTET_STRING_new());
  BITTENSOR_CHECK(ASN1_OCTET_STRING_set(bytes.get(),
                                        reinterpret_cast<const unsigned char*>(content.data()),
                                        static_cast<int>(content.size())) == 1);
  const Owned<X509_EXTENSION> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, extension_name().get(), /*critical=*/0, bytes.get()));
  BITTENSOR_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Empty if there is none.
std::string extension_of(X509* certificate) {
  const int at = X509_get_ext_by_OBJ(certificate, extension_name().get(), -1);
  if (at < 0) return {};
  const ASN1_OCTET_STRING* bytes = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(bytes)),
          static_cast<std::size_t>(ASN1_STRING_length(bytes))};
}

void set_names_and_times(X509* certificate, const std::string& name, std::int64_t not_after) {
  std::uint64_t serial = 0;
  BITTENSOR_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
  X509_set_version(certificate, kVersion3);
  ASN1_TIME_set(X509_getm_notBefore(certificate), 0);
  ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(not_after));
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
}

absl::Status bad_certificate(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("the certificate of the peer ", why));
}

}  // namespace

Certificate make_certificate(const Wallet& wallet, std::int64_t not_after) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate(X509_new());
  BITTENSOR_CHECK(key != nullptr && certificate != nullptr) << "OpenSSL makes no key: see its "
                                                               "openssl.cnf";
  set_names_and_times(certificate.get(), wallet.key().hex(), not_after);
  BITTENSOR_CHECK(X509_set_pubkey(certificate.get(), key.get()) == 1);
  const std::string signature = wallet.sign(statement_of(certificate.get(), not_after));
  add_extension(certificate.get(), absl::StrCat(wallet.key().bytes(), signature));
  BITTENSOR_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  const Owned<BIO> certificate_pem(BIO_new(BIO_s_mem()));
  const Owned<BIO> key_pem(BIO_new(BIO_s_secmem()));
  BITTENSOR_CHECK(PEM_write_bio_X509(certificate_pem.get(), certificate.get()) == 1);
  BITTENSOR_CHECK(PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                           nullptr) == 1);
  return {written(certificate_pem.get()), Secret::take(written(key_pem.get()))};
}

absl::StatusOr<PublicKey> neuron_of_certificate(absl::string_view pem, std::int64_t now) {
  const std::vector<Owned<X509>> certificates = read_certificates(pem);
  if (certificates.empty()) return bad_certificate("is not valid");
  X509* const certificate = certificates.front().get();
  const std::string content = extension_of(certificate);
  if (content.size() != PublicKey::kSize + kSignatureSize)
    return bad_certificate("names no neuron; if an authority made it, see --tls_ca");
  const auto key = PublicKey::from_bytes(content.substr(0, PublicKey::kSize));
  std::tm end{};
  if (!key.ok() || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
    return bad_certificate("is damaged");
  }
  const std::int64_t not_after = timegm(&end);
  if (!verify(*key, statement_of(certificate, not_after), content.substr(PublicKey::kSize))) {
    return bad_certificate("is not signed by the neuron that it names");
  }
  if (now > not_after) return bad_certificate("has expired");
  return key;
}

absl::Status check_certificate(absl::string_view pem, absl::string_view key,
                               absl::string_view authorities, std::int64_t now) {
  const std::vector<Owned<X509>> chain = read_certificates(pem);
  if (chain.empty()) return absl::InvalidArgumentError("the certificate is not valid PEM");
  const std::vector<Owned<X509>> trusted = read_certificates(authorities);
  if (trusted.empty()) return absl::InvalidArgumentError("the authority has no certificate (PEM)");
  const Owned<EVP_PKEY> secret(
      PEM_read_bio_PrivateKey(reading(key).get(), nullptr, &no_passphrase, nullptr));
  if (secret == nullptr || X509_check_private_key(chain.front().get(), secret.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(secret == nullptr
                                          ? "the key is not valid PEM without a passphrase"
                                          : "the key belongs to another certificate");
  }

  const Owned<X509_STORE> store(X509_STORE_new());
  for (const auto& one : trusted) X509_STORE_add_cert(store.get(), one.get());
  STACK_OF(X509)* const between = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const Owned<X509_STORE_CTX> check(X509_STORE_CTX_new());
  X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(), between);
  X509_STORE_CTX_set_time(check.get(), 0, static_cast<time_t>(now));
  const bool good = X509_verify_cert(check.get()) == 1;
  const int why = X509_STORE_CTX_get_error(check.get());
  sk_X509_free(between);
  ERR_clear_error();
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the authority does not vouch for the certificate: ", X509_verify_cert_error_string(why)));
}

}  // namespace bittensor
