// SPDX-License-Identifier: MIT
#include "app/wallet.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/hasher.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

struct WalletOptions {
  std::string key_file;
  std::string passphrase_file;
  bool encrypt = false;
  std::string to;  // of export
  std::string new_passphrase_file;
  std::string message;    // of sign and verify: a file, "-" is standard input
  std::string key;        // of verify, in hexadecimal
  std::string signature;  // of verify, in hexadecimal
};

// What a signature of `sign` is over: never bytes that a neuron signs in its protocol,
// whatever the file holds.
absl::StatusOr<std::string> bytes_to_sign(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
    }
  }
  std::istream& input = path == "-" ? std::cin : file;
  Hasher hasher;
  std::string piece(1 << 16, '\0');
  while (input.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
         input.gcount() > 0) {
    hasher.add({piece.data(), static_cast<std::size_t>(input.gcount())});
  }
  if (input.bad()) return absl::DataLossError(absl::StrCat("cannot read ", path));
  return absl::StrCat("bittensor.v1 file", absl::string_view("\0", 1), hasher.finish());
}

// From the file or the environment; asked for if `encrypt` or an encrypted key file needs it.
absl::StatusOr<Secret> passphrase_for(const std::string& file, bool needed, bool is_new,
                                      const std::string& prompt) {
  BITTENSOR_ASSIGN_OR_RETURN(Secret passphrase, read_passphrase(file));
  if (!passphrase.empty() || !needed) return passphrase;
  return ask_passphrase(prompt, /*twice=*/is_new);
}

absl::StatusOr<Wallet> open(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(options.key_file));
  BITTENSOR_ASSIGN_OR_RETURN(
      const Secret passphrase,
      passphrase_for(options.passphrase_file, info.encrypted, /*is_new=*/false,
                     absl::StrCat("passphrase of ", options.key_file)));
  return Wallet::load(options.key_file, passphrase.view());
}

absl::Status create(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Secret passphrase,
                             passphrase_for(options.passphrase_file, options.encrypt,
                                            /*is_new=*/true, "new passphrase"));
  const Wallet wallet = Wallet::create();
  BITTENSOR_RETURN_IF_ERROR(wallet.save(options.key_file, passphrase.view()));
  std::printf("%s\n", wallet.key().hex().c_str());
  return absl::OkStatus();
}

absl::Status show(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(options.key_file));
  std::printf("%s %s\n", info.key.hex().c_str(), info.encrypted ? "encrypted" : "not-encrypted");
  return absl::OkStatus();
}

absl::Status sign(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet, open(options));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, bytes_to_sign(options.message));
  std::printf("%s\n", absl::BytesToHexString(wallet.sign(bytes)).c_str());
  return absl::OkStatus();
}

absl::Status verify_signature(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, PublicKey::from_hex(options.key));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, bytes_to_sign(options.message));
  if (!verify(key, bytes, absl::HexStringToBytes(options.signature))) {
    return absl::PermissionDeniedError(absl::StrCat("not signed by ", options.key));
  }
  std::printf("signed by %s\n", options.key.c_str());
  return absl::OkStatus();
}

absl::Status export_key(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet, open(options));
  Secret passphrase;
  if (options.encrypt) {
    BITTENSOR_ASSIGN_OR_RETURN(passphrase, ask_passphrase("new passphrase", /*twice=*/true));
  } else if (!options.new_passphrase_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(passphrase, read_passphrase(options.new_passphrase_file));
  }
  BITTENSOR_RETURN_IF_ERROR(wallet.save(options.to, passphrase.view()));
  std::printf("%s\n", wallet.key().hex().c_str());
  return absl::OkStatus();
}

}  // namespace

std::function<absl::Status()> add_wallet(CLI::App& app) {
  auto options = std::make_shared<WalletOptions>();
  auto action = std::make_shared<std::function<absl::Status()>>([] { return absl::OkStatus(); });
  CLI::App* wallet = app.add_subcommand("wallet", "Keys: what neurons are known by.");
  wallet->require_subcommand(1);
  wallet->footer(
      "A passphrase comes from --passphrase_file, the environment (BITTENSOR_PASSPHRASE) or the "
      "terminal, never from the command line.");
  const auto add = [&](const char* name, const char* help,
                       absl::Status (*run)(const WalletOptions&)) {
    CLI::App* command = wallet->add_subcommand(name, help);
    command->callback([=] { *action = [=] { return run(*options); }; });
    return command;
  };
  const auto add_key_file = [&](CLI::App* command) {
    command->add_option("key_file", options->key_file, "the key file")->required();
  };
  const auto add_passphrase = [&](CLI::App* command) {
    command->add_option("--passphrase_file", options->passphrase_file,
                        "file whose first line is the passphrase; 0600");
  };

  CLI::App* const create_command = add("create", "Makes a new key and prints its name.", create);
  add_key_file(create_command);
  add_passphrase(create_command);
  create_command->add_flag("--encrypt", options->encrypt, "ask for a passphrase for the file");

  add_key_file(add("show", "Prints a key's name, and whether its file is encrypted.", show));

  CLI::App* const sign_command = add("sign", "Prints the key's signature of a file.", sign);
  add_key_file(sign_command);
  sign_command->add_option("file", options->message, "what to sign; - is standard input")
      ->required();
  add_passphrase(sign_command);

  CLI::App* const verify_command =
      add("verify", "Says whether a signature of `sign` is right.", verify_signature);
  verify_command->add_option("key", options->key, "the signer's name, 64 hexadecimal digits")
      ->required();
  verify_command->add_option("signature", options->signature, "128 hexadecimal digits")->required();
  verify_command->add_option("file", options->message, "what was signed; - is standard input")
      ->required();

  CLI::App* const export_command =
      add("export", "Writes a copy of a key file, with another passphrase or none.", export_key);
  add_key_file(export_command);
  export_command->add_option("--to", options->to, "the new file")->required();
  add_passphrase(export_command);
  export_command->add_flag("--encrypt", options->encrypt, "ask for the new passphrase");
  export_command->add_option("--new_passphrase_file", options->new_passphrase_file,
                             "file whose first line is the new passphrase; 0600");
  return [action] { return (*action)(); };
}

}  // namespace bittensor
