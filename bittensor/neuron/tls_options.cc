// SPDX-License-Identifier: MIT
#include "bittensor/neuron/tls_options.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/command_line/option_group.h"
#include "bittensor/trust/certificate.h"
#include "bittensor/wallet/private_file.h"

namespace bittensor {
namespace {

// A self-made certificate lives as long as its process, and its key is as safe as the neuron's
// own: an early end would only stop neurons that run for long.
constexpr std::int64_t kValidSeconds = 10LL * 365 * 24 * 3600;
constexpr std::size_t kMaxKeyBytes = 64 * 1024;

std::int64_t unix_seconds(Executor& executor) {
  return executor.unix_ms() / 1000;
}

// The certificate must be of the neuron that the message is for.
absl::Status check_neuron(absl::string_view certificate, absl::string_view neuron,
                          std::int64_t now) {
  BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, neuron_of_certificate(certificate, now));
  if (neuron.empty() || neuron == key.bytes()) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrCat("another neuron is there: ", key.short_hex()));
}

Tls self_made(const Wallet& wallet, Executor& executor) {
  const Certificate made = make_certificate(wallet, unix_seconds(executor) + kValidSeconds);
  return {made.pem, std::string(made.key.view()), "",
          [&executor](absl::string_view certificate, absl::string_view neuron) {
            return check_neuron(certificate, neuron, unix_seconds(executor));
          }};
}

absl::StatusOr<std::string> read(const std::string& option, const std::string& path) {
  std::ifstream file(path);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (file) return content;
  return absl::NotFoundError(absl::StrCat(option, ": cannot read ", path));
}

absl::StatusOr<Tls> of_files(const NeuronOptions& options, Executor& executor) {
  if (options.tls_ca.empty() || options.tls_certificate.empty() || options.tls_key.empty()) {
    return absl::InvalidArgumentError(
        "--tls_ca, --tls_certificate and --tls_key belong together: one is missing");
  }
  Tls tls;
  BITTENSOR_ASSIGN_OR_RETURN(tls.authorities, read("--tls_ca", options.tls_ca));
  BITTENSOR_ASSIGN_OR_RETURN(tls.certificate, read("--tls_certificate", options.tls_certificate));
  BITTENSOR_ASSIGN_OR_RETURN(const Secret key, read_private_file(options.tls_key, kMaxKeyBytes));
  tls.key = std::string(key.view());
  const absl::Status good =
      check_certificate(tls.certificate, tls.key, tls.authorities, unix_seconds(executor));
  if (good.ok()) return tls;
  return absl::InvalidArgumentError(
      absl::StrCat("--tls_certificate ", options.tls_certificate, ": ", good.message()));
}

}  // namespace

void add_tls_options(const OptionGroup& group, NeuronOptions& o) {
  group.flag("tls", o.tls,
             "encrypt all connections; every neuron of the network must. A certificate bound to "
             "the key file is made at each start, unless the next three options name files");
  group.add("tls_ca", o.tls_ca,
            "PEM file of the authorities that issued the certificates of the network's neurons; "
            "implies --tls");
  group.add(
      "tls_certificate", o.tls_certificate,
      "file with this neuron's certificate from such an authority, which must name --remote_ip");
  group.add("tls_key", o.tls_key, "file with the certificate's secret key (mode 0600)");
}

absl::StatusOr<std::optional<Tls>> make_tls(const NeuronOptions& options, const Wallet& wallet,
                                            Executor& executor) {
  const bool files =
      !options.tls_ca.empty() || !options.tls_certificate.empty() || !options.tls_key.empty();
  if (files) return of_files(options, executor);
  if (options.tls) return self_made(wallet, executor);
  return std::nullopt;
}

}  // namespace bittensor
