// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/pow.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "bittensor/chain/subtensor/sha256_block.h"
#include "bittensor/wallet/keccak.h"

namespace bittensor {
namespace {

constexpr int kBatch = 1024;  // seals between two looks at whether to go on: a millisecond

// What does not change from nonce to nonce.
class Sealer {
 public:
  explicit Sealer(const PowTask& task) {
    std::string text(task.block_hash.begin(), task.block_hash.end());
    text.append(task.hotkey.begin(), task.hotkey.end());
    const auto hash = keccak256(text);
    std::copy(hash.begin(), hash.end(), message_.begin() + 8);
  }

  PowSeal seal(std::uint64_t nonce) {
    for (std::size_t i = 0; i < 8; ++i) message_[i] = static_cast<std::uint8_t>(nonce >> (8 * i));
    const auto inner = sha256_of_40(message_);
    // Keccak-256 of 32 bytes is one permutation of them, padded.
    KeccakState state{};
    std::memcpy(state.data(), inner.data(), inner.size());
    state[4] = 0x01;
    state[16] = std::uint64_t{0x80} << 56;
    keccak_f1600(state);
    PowSeal seal{};
    std::memcpy(seal.data(), state.data(), seal.size());
    return seal;
  }

 private:
  std::array<std::uint8_t, 40> message_{};
};

// One search: what its threads share.
class Search {
 public:
  Search(const PowTask& task, const PowOptions& options, const std::atomic<bool>& cancelled)
      : task_(task), options_(options), cancelled_(cancelled) {}

  absl::StatusOr<PowSolution> run() {
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    running_ = std::max(1, options_.threads > 0 ? options_.threads : cores);
    std::vector<std::thread> threads;
    const auto stride = static_cast<std::uint64_t>(running_);
    for (std::uint64_t i = 0; i < stride; ++i) {
      threads.emplace_back([this, i, stride] { try_from(options_.first_nonce + i, stride); });
    }
    wait();
    for (std::thread& thread : threads) thread.join();
    if (solution_) return *solution_;
    return absl::CancelledError("the proof of work was given up");
  }

 private:
  void try_from(std::uint64_t nonce, std::uint64_t stride) {
    Sealer sealer(task_);
    while (!done_ && !cancelled_) {
      for (int i = 0; i < kBatch; ++i, nonce += stride) {
        const PowSeal seal = sealer.seal(nonce);
        if (!is_good_seal(seal, task_.difficulty, task_.big_endian)) continue;
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!solution_) solution_ = PowSolution{nonce, seal};
        done_ = true;
        break;
      }
      tried_ += kBatch;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--running_ == 0) all_ended_.notify_one();
  }

  void wait() {
    const auto begin = std::chrono::steady_clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    while (!all_ended_.wait_for(lock, options_.progress_every, [this] { return running_ == 0; })) {
      if (!options_.on_progress) continue;
      lock.unlock();
      options_.on_progress({tried_, std::chrono::steady_clock::now() - begin});
      lock.lock();
    }
  }

  const PowTask& task_;
  const PowOptions& options_;
  const std::atomic<bool>& cancelled_;
  std::atomic<bool> done_{false};
  std::atomic<std::uint64_t> tried_{0};
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::optional<PowSolution> solution_;  // under mutex_
  int running_ = 0;                      // under mutex_: threads
};

}  // namespace

PowSeal pow_seal(const PowTask& task, std::uint64_t nonce) {
  return Sealer(task).seal(nonce);
}

bool is_good_seal(const PowSeal& seal, std::uint64_t difficulty, bool big_endian) {
  PowSeal lowest_first = seal;
  if (big_endian) std::reverse(lowest_first.begin(), lowest_first.end());
  std::array<std::uint64_t, 4> limbs{};
  std::memcpy(limbs.data(), lowest_first.data(), seal.size());
  __extension__ using Wide = unsigned __int128;
  Wide carried = 0;
  for (const std::uint64_t limb : limbs)
    carried = (static_cast<Wide>(limb) * difficulty + carried) >> 64;
  return carried == 0;
}

absl::StatusOr<PowSolution> solve_pow(const PowTask& task, const PowOptions& options,
                                      const std::atomic<bool>& cancelled) {
  if (task.difficulty == 0) return absl::InvalidArgumentError("a difficulty of 0");
  if (options.threads < 0) {
    return absl::InvalidArgumentError(absl::StrCat(options.threads, " threads"));
  }
  return Search(task, options, cancelled).run();
}

}  // namespace bittensor
