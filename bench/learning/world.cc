// SPDX-License-Identifier: MIT
#include "bench/learning/world.h"

#include <utility>

#include "bittensor/base/check.h"
#include "bittensor/transport/grpc/grpc_transport.h"

namespace bittensor::bench {
namespace {

Wallet wallet_of(const std::string& name, std::uint64_t seed) {
  std::string bytes = name + "-" + std::to_string(seed);
  bytes.resize(32, '.');
  return *Wallet::from_seed(bytes);
}

Axon::Options on_loopback(Axon::Options options) {
  options.listen_address = "127.0.0.1:0";
  return options;
}

}  // namespace

World::World(bool fast) : switchboard_(fast ? std::make_unique<Switchboard>(executor_) : nullptr) {}

World::~World() = default;

std::unique_ptr<Transport> World::make_transport() {
  if (switchboard_ != nullptr) return switchboard_->make_transport();
  return std::make_unique<GrpcTransport>();
}

Peer::Peer(World& world, const std::string& called, std::uint64_t seed, Axon::Options options)
    : name(called),
      transport(world.make_transport()),
      wallet(wallet_of(called, seed)),
      executor(world.executor()),
      axon(on_loopback(std::move(options)), *transport, wallet, executor) {}

Peer::~Peer() {
  if (metagraph != nullptr) metagraph->stop();
  axon.stop();
}

void Peer::join(const Synapse& synapse, const std::string& bootstrap) {
  axon.serve(synapse);
  BITTENSOR_CHECK(axon.start().ok());
  advertise(synapse.schema(), axon.port(), bootstrap);
}

void Peer::advertise(const Schema& schema, int axon_port, const std::string& bootstrap) {
  Metagraph::Options options;
  options.listen_address = "127.0.0.1:0";
  if (!bootstrap.empty()) options.bootstrap = {bootstrap};
  metagraph = std::make_unique<Metagraph>(options, *transport, wallet, executor);
  metagraph->subscribe(schema, axon_port);
  BITTENSOR_CHECK(metagraph->start().ok());
}

}  // namespace bittensor::bench
