// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "bench/learning/world.h"

namespace bittensor::bench {

// A peer whose every answer is well signed and NaN. An Axon would not send such a thing, so it
// speaks the protocol itself.
class NanPeer {
 public:
  NanPeer(World& world, std::uint64_t seed, const std::string& bootstrap);
  ~NanPeer();

 private:
  void answer(const Transport::Request& request, const Transport::ReplyFn& reply);

  Peer neuron_;
  std::unique_ptr<Transport::Listener> listener_;
};

}  // namespace bittensor::bench
