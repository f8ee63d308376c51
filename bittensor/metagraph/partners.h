// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bittensor/metagraph/record_store.h"

namespace bittensor {

// Whom to gossip with next: a known neuron at random, every other time one that has not yet
// proven that it is where its record says; now and then somebody outside of what is known, so
// that halves of a network that were cut from each other find together again; and only those
// while nobody is known. Bootstraps are outside and are never forgotten, whatever they answer.
//
// Not thread-safe. The choice is a function of the seed and the calls.
class Partners {
 public:
  struct Peer {
    std::string address;
    PublicKey key;  // zero: whoever listens there
  };

  Partners(std::vector<std::string> bootstrap, std::uint64_t seed);

  // Whom to ask this round, given all known neurons, `self` among them. The first time that is
  // every bootstrap.
  std::vector<Peer> choose(const RecordStore::Content& known, const PublicKey& self);

  // A known neuron, at most one.
  std::vector<Peer> choose_known(const RecordStore::Content& known, const PublicKey& self);

  // Somebody was at this address once and may be again. The last 256 are remembered.
  void add_lost(const std::string& address);
  const std::vector<std::string>& lost() const { return lost_; }

  // Somebody answers at this address: it is not lost.
  void note_answer(const std::string& address);

  std::uint64_t random() { return random_(); }

 private:
  void add_outsider(std::vector<Peer>& peers);

  const std::vector<std::string> bootstrap_;
  std::vector<std::string> lost_;
  std::mt19937_64 random_;
  std::uint64_t round_ = 0;
};

}  // namespace bittensor
