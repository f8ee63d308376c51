// SPDX-License-Identifier: MIT
#include "bittensor/neuron/coldkey.h"

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/key_file.h"

namespace bittensor {

absl::StatusOr<Account> open_coldkey(
    const std::string& file, Watch& watch,
    const std::function<absl::StatusOr<Secret>(const std::string& prompt)>& ask) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(file));
  Secret passphrase;
  if (info.encrypted) {
    const Watch::Wait wait =
        watch.wait(absl::StrCat("the passphrase of ", file, " at its terminal"));
    BITTENSOR_ASSIGN_OR_RETURN(passphrase, ask(absl::StrCat("passphrase of ", file)));
  }
  return Account::load(file, passphrase.view());
}

}  // namespace bittensor
