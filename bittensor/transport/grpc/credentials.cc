// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/credentials.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "bittensor/transport/grpc/convert.h"

namespace bittensor::grpc_internal {
namespace {

namespace tls_api = grpc::experimental;

class Verifier final : public tls_api::ExternalCertificateVerifier {
 public:
  Verifier(const Tls& tls, std::string neuron) : check_(tls.check), neuron_(std::move(neuron)) {}

  bool Verify(tls_api::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*later*/, grpc::Status* status) override {
    const grpc::string_ref certificate = request->peer_cert();
    *status = to_grpc(check_({certificate.data(), certificate.size()}, neuron_));
    return true;  // It is decided.
  }
  void Cancel(tls_api::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  const std::function<absl::Status(absl::string_view, absl::string_view)> check_;
  const std::string neuron_;
};

std::shared_ptr<tls_api::CertificateProviderInterface> provider(const Tls& tls) {
  return std::make_shared<tls_api::StaticDataCertificateProvider>(
      tls.authorities, std::vector<tls_api::IdentityKeyCertPair>{{tls.key, tls.certificate}});
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  tls_api::TlsServerCredentialsOptions options(provider(*tls));
  options.watch_identity_key_cert_pairs();
  // Messages prove who calls; only a network with an authority also asks for a certificate.
  options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.set_certificate_verifier(std::make_shared<tls_api::NoOpCertificateVerifier>());
  if (!tls->authorities.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls_api::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<Tls>& tls,
                                                              const std::string& neuron) {
  if (!tls) return grpc::InsecureChannelCredentials();
  tls_api::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider(*tls));
  options.set_check_call_host(false);  // There is one host a channel.
  if (tls->authorities.empty()) {
    options.set_verify_server_certs(false);  // Nobody's authority counts; the verifier decides.
    options.set_certificate_verifier(
        tls_api::ExternalCertificateVerifier::Create<Verifier>(*tls, neuron));
  } else {
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_certificate_verifier(std::make_shared<tls_api::HostNameCertificateVerifier>());
  }
  return tls_api::TlsCredentials(options);
}

std::string advice_on(const std::string& error, bool tls) {
  if (tls && absl::StrContains(error, "wrong version number")) {
    return "; the peer does not speak TLS: it must be started with --tls, or this neuron without";
  }
  if (tls && absl::StrContains(error, "certificate verify failed")) {
    return "; the peer's certificate is not of this neuron's --tls_ca, or has expired";
  }
  // Who does not understand or trust us says nothing before it hangs up.
  const bool hung_up =
      absl::StrContains(error, "failed to connect") && absl::StrContains(error, "Socket closed");
  if (!hung_up) return "";
  if (tls) return "; the peer hung up at once: it may want a certificate of another --tls_ca";
  return "; the peer hung up at once: if it speaks TLS, start this neuron with --tls, too";
}

}  // namespace bittensor::grpc_internal
