// SPDX-License-Identifier: MIT
#include "app/wallet.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "app/commands.h"
#include <unistd.h>

#include "bittensor/base/hasher.h"
#include "bittensor/base/hex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/account.h"
#include "bittensor/wallet/derivation.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/mnemonic.h"
#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

struct WalletOptions {
  std::string key_file;
  std::string passphrase_file;
  bool encrypt = false;
  std::string scheme = "ed25519";
  int words = 0;              // of create: of the phrase that stands for the key; 0: no phrase
  std::string mnemonic_file;  // of recover
  std::string mnemonic_password_file;
  std::string derive;  // "//hard" path below the phrase
  bool ss58 = false;   // of show
  std::string to;      // of export
  std::string new_passphrase_file;
  std::string message;    // of sign and verify: a file, "-" is standard input
  std::string key;        // of verify, in hexadecimal or as an address
  std::string signature;  // of verify, in hexadecimal
};

KeyScheme scheme_of(const WalletOptions& options) {
  return options.scheme == "sr25519" ? KeyScheme::kSr25519 : KeyScheme::kEd25519;
}

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

absl::StatusOr<Account> open(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(options.key_file));
  BITTENSOR_ASSIGN_OR_RETURN(
      const Secret passphrase,
      passphrase_for(options.passphrase_file, info.encrypted, /*is_new=*/false,
                     absl::StrCat("passphrase of ", options.key_file)));
  return Account::load(options.key_file, passphrase.view());
}

absl::Status save_new(const Account& account, const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Secret passphrase,
                             passphrase_for(options.passphrase_file, options.encrypt,
                                            /*is_new=*/true, "new passphrase"));
  BITTENSOR_RETURN_IF_ERROR(account.save(options.key_file, passphrase.view()));
  std::printf("%s\n", account.key().hex().c_str());
  return absl::OkStatus();
}

absl::StatusOr<Account> account_of_phrase(const Secret& phrase, const WalletOptions& options) {
  Secret password;
  if (!options.mnemonic_password_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(password, read_passphrase(options.mnemonic_password_file));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Secret root, seed_of_mnemonic(phrase.view(), password.view()));
  BITTENSOR_ASSIGN_OR_RETURN(const Secret seed,
                             derive_seed(scheme_of(options), root.view(), options.derive));
  return Account::from_seed(scheme_of(options), seed.view());
}

// Past the buffers of the standard library, which nobody wipes.
absl::Status print_secret(Secret secret) {
  secret.append("\n");
  std::fflush(stdout);
  const auto size = static_cast<ssize_t>(secret.size());
  if (write(STDOUT_FILENO, secret.data(), secret.size()) == size) return absl::OkStatus();
  return absl::DataLossError("cannot write the phrase: the key file is of no use without it");
}

absl::Status create(const WalletOptions& options) {
  if (options.words == 0) return save_new(Account::create(scheme_of(options)), options);
  BITTENSOR_ASSIGN_OR_RETURN(Secret phrase, make_mnemonic(options.words));
  BITTENSOR_ASSIGN_OR_RETURN(const Account account, account_of_phrase(phrase, options));
  BITTENSOR_RETURN_IF_ERROR(save_new(account, options));
  std::fprintf(stderr, "write the words down: they are the key, and are not shown again\n");
  return print_secret(std::move(phrase));
}

absl::Status recover(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Secret phrase, read_phrase(options.mnemonic_file));
  BITTENSOR_ASSIGN_OR_RETURN(const Account account, account_of_phrase(phrase, options));
  return save_new(account, options);
}

absl::Status show(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(options.key_file));
  const char* const encrypted = info.encrypted ? "encrypted" : "not-encrypted";
  if (options.ss58) {
    const char* const scheme = info.scheme == KeyScheme::kEd25519 ? "ed25519" : "sr25519";
    std::printf("%s %s %s\n", ss58_address(info.key).c_str(), scheme, encrypted);
  } else {
    std::printf("%s %s\n", info.key.hex().c_str(), encrypted);
  }
  return absl::OkStatus();
}

absl::Status sign(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Account account, open(options));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, bytes_to_sign(options.message));
  std::printf("%s\n", absl::BytesToHexString(account.sign(bytes)).c_str());
  return absl::OkStatus();
}

absl::StatusOr<PublicKey> key_named(const std::string& name) {
  if (name.size() == 2 * PublicKey::kSize) return PublicKey::from_hex(name);
  return key_of_ss58(name);
}

absl::Status verify_signature(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, key_named(options.key));
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, bytes_to_sign(options.message));
  const std::optional<std::string> signature = hex_to_bytes(options.signature);
  if (!signature || !verify(scheme_of(options), key, bytes, *signature)) {
    return absl::PermissionDeniedError(absl::StrCat("not signed by ", options.key));
  }
  std::printf("signed by %s\n", options.key.c_str());
  return absl::OkStatus();
}

absl::Status export_key(const WalletOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Account account, open(options));
  Secret passphrase;
  if (options.encrypt) {
    BITTENSOR_ASSIGN_OR_RETURN(passphrase, ask_passphrase("new passphrase", /*twice=*/true));
  } else if (!options.new_passphrase_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(passphrase, read_passphrase(options.new_passphrase_file));
  }
  BITTENSOR_RETURN_IF_ERROR(account.save(options.to, passphrase.view()));
  std::printf("%s\n", account.key().hex().c_str());
  return absl::OkStatus();
}

}  // namespace

Action add_wallet(CLI::App& app) {
  auto options = std::make_shared<WalletOptions>();
  auto action = std::make_shared<std::function<absl::Status()>>([] { return absl::OkStatus(); });
  CLI::App* wallet = add_command(app, "wallet");
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

  const auto add_scheme = [&](CLI::App* command) {
    command->add_option("--scheme", options->scheme, "ed25519, as neurons have, or sr25519")
        ->check(CLI::IsMember({"ed25519", "sr25519"}))
        ->capture_default_str();
  };
  const auto add_phrase_options = [&](CLI::App* command) {
    command->add_option("--derive", options->derive,
                        "the key at this path below the phrase, such as //hotkey//0");
    command->add_option("--mnemonic_password_file", options->mnemonic_password_file,
                        "file whose first line is a password that belongs to the phrase; 0600");
  };

  CLI::App* const create_command = add("create", "Makes a new key and prints its name.", create);
  add_key_file(create_command);
  add_passphrase(create_command);
  create_command->add_flag("--encrypt", options->encrypt, "ask for a passphrase for the file");

  add_scheme(create_command);
  create_command
      ->add_option("--mnemonic", options->words,
                   "print a phrase of this many words that stands for the key: 12, 15, "
                   "18, 21 or 24; 12 without a number")
      ->expected(0, 1)
      ->default_str("12");
  add_phrase_options(create_command);

  CLI::App* const recover_command =
      add("recover", "Makes the key file from a phrase of BIP-39's English words.", recover);
  add_key_file(recover_command);
  add_passphrase(recover_command);
  recover_command->add_flag("--encrypt", options->encrypt, "ask for a passphrase for the file");
  add_scheme(recover_command);
  recover_command->add_option("--mnemonic_file", options->mnemonic_file,
                              "file with the phrase, 0600; else it is asked for");
  add_phrase_options(recover_command);

  CLI::App* const show_command =
      add("show", "Prints a key's name, and whether its file is encrypted.", show);
  add_key_file(show_command);
  show_command->add_flag("--ss58", options->ss58, "print its address on the chain and its scheme");

  CLI::App* const sign_command = add("sign", "Prints the key's signature over a file.", sign);
  add_key_file(sign_command);
  sign_command->add_option("file", options->message, "what to sign; - is standard input")
      ->required();
  add_passphrase(sign_command);

  CLI::App* const verify_command =
      add("verify", "Says whether a signature of `sign` is right.", verify_signature);
  verify_command
      ->add_option("key", options->key, "the signer's name, 64 hexadecimal digits, or address")
      ->required();
  verify_command->add_option("signature", options->signature, "128 hexadecimal digits")->required();
  verify_command->add_option("file", options->message, "what was signed; - is standard input")
      ->required();
  add_scheme(verify_command);

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
