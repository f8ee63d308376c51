// SPDX-License-Identifier: MIT
#include "bittensor/neuron/coldkey.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using ::testing::SizeIs;

TEST(Coldkey, WaitingForItsPassphraseIsSeen) {
  const std::string file = ::testing::TempDir() + "/coldkey_test.key";
  // Nothing of it is decrypted here.
  std::ofstream(file) << "bittensor-key-v1 sr25519-encrypted 1 8 " << std::string(32, '0') << " "
                      << std::string(48, '0') << " " << std::string(96, '0') << " "
                      << Wallet::from_seed(std::string(32, 1))->key().hex() << "\n";
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  ManualExecutor executor;
  Watch watch(executor);
  const auto account =
      open_coldkey(file, watch, [&](const std::string& prompt) -> absl::StatusOr<Secret> {
        EXPECT_EQ(prompt, "passphrase of " + file);
        const auto waits = watch.state().training.waiting;
        EXPECT_THAT(waits, SizeIs(1));
        if (!waits.empty()) {
          EXPECT_EQ(waits[0].what, "the passphrase of " + file + " at its terminal");
        }
        return absl::CancelledError("nobody is there");
      });
  EXPECT_TRUE(absl::IsCancelled(account.status())) << account.status();
  EXPECT_TRUE(watch.state().training.waiting.empty());
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace bittensor
