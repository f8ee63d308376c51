// SPDX-License-Identifier: MIT
#include "bench/peers.h"

#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include "torch/types.h"
#include "torch/utils.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/tls_options.h"

namespace bittensor::bench {
namespace {

// What the child tells of each axon: 32 bytes of key, then the port.
struct Announcement {
  char key[PublicKey::kSize];
  int port;
};

[[noreturn]] void serve(int count, const Peers::MakeSynapse& make, const Peers::Options& peers,
                        int announce) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (peers.core >= 0) pin_to_core(peers.core);
  tune_allocator();
  torch::set_num_threads(1);
  ThreadExecutor executor;
  std::vector<std::unique_ptr<Wallet>> wallets;
  for (int i = 0; i < count; ++i) wallets.push_back(std::make_unique<Wallet>(Wallet::create()));
  BITTENSOR_CHECK(!peers.tls || count == 1) << count;
  GrpcTransport transport(peers.tls ? with_tls(*wallets.front(), executor)
                                    : GrpcTransport::Options());
  std::vector<std::unique_ptr<Axon>> axons;
  for (int i = 0; i < count; ++i) {
    Axon::Options options = peers.axon;
    if (!peers.as_given) {
      options.listen_address = "127.0.0.1:0";
      options.allow_unsigned = true;
      options.max_message_bytes = std::size_t{256} << 20;
      options.max_rows = 1 << 16;
    }
    axons.push_back(std::make_unique<Axon>(options, transport, *wallets[i], executor));
    axons.back()->serve(*make());
    BITTENSOR_CHECK(axons.back()->start().ok());
    Announcement announcement{};
    wallets[i]->key().bytes().copy(announcement.key, PublicKey::kSize);
    announcement.port = axons.back()->port();
    BITTENSOR_CHECK(write(announce, &announcement, sizeof(announcement)) == sizeof(announcement));
  }
  while (true) {  // The parent kills us.
    if (peers.swap_every <= Duration::zero()) pause();
    std::this_thread::sleep_for(peers.swap_every);
    for (const auto& axon : axons) axon->serve(*make());
  }
}

}  // namespace

void pin_to_core(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  BITTENSOR_CHECK(sched_setaffinity(0, sizeof(cores), &cores) == 0) << "core " << core;
}

GrpcTransport::Options with_tls(const Wallet& wallet, Executor& executor) {
  NeuronOptions neuron;
  neuron.tls = true;
  GrpcTransport::Options options;
  options.tls = make_tls(neuron, wallet, executor).value();
  return options;
}

Peers::Peers(int count, const MakeSynapse& make, Options options) {
  int pipe_ends[2];
  BITTENSOR_CHECK(pipe(pipe_ends) == 0);
  pid_ = fork();
  BITTENSOR_CHECK(pid_ >= 0);
  if (pid_ == 0) serve(count, make, options, pipe_ends[1]);
  close(pipe_ends[1]);
  const Schema schema = make()->schema();
  for (int i = 0; i < count; ++i) {
    Announcement announcement{};
    BITTENSOR_CHECK(read(pipe_ends[0], &announcement, sizeof(announcement)) == sizeof(announcement))
        << "the peers did not start";
    records_.push_back({*PublicKey::from_bytes({announcement.key, PublicKey::kSize}),
                        "127.0.0.1:" + std::to_string(announcement.port), schema});
  }
  close(pipe_ends[0]);
}

double Peers::peak_mb() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    double kb = 0;
    if (word == "VmHWM:" && status >> kb) return kb / 1024;
  }
  return 0;
}

Peers::~Peers() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace bittensor::bench
