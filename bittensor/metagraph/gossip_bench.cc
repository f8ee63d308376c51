// SPDX-License-Identifier: MIT
//
// What gossip costs, in a simulated network at rest, as JSON:
//   rounds        until a new record of one neuron is known to all `neurons`
//   bytes_few     sent by a neuron in a round, envelopes included, where 100 are known
//   bytes_many    the same where `neurons` are known
//   record_bytes  of memory a neuron spends for each record that it knows
// Exit status 1 if one of them is not what it must be.
//
//   gossip_bench [NEURONS]     1000 take about a minute of one core
#include <cstdio>
#include <cstdlib>

#include <malloc.h>

#include "bittensor/metagraph/record_store.h"
#include "bittensor/metagraph/testing/swarm.h"

namespace bittensor {
namespace {

constexpr int kSettle = 12;  // rounds until as much is under way as ever will be

double bytes_per_neuron_and_round(Swarm& swarm, int neurons) {
  swarm.run_rounds(kSettle);
  const std::uint64_t before = swarm.bytes_sent();
  constexpr int kRounds = 8;
  swarm.run_rounds(kRounds);
  return static_cast<double>(swarm.bytes_sent() - before) / neurons / kRounds;
}

double bytes_per_record() {
  constexpr int kRecords = 2000;
  constexpr std::int64_t kNow = 1'600'000'000'000;
  v1::Record record;
  record.set_axon_address("a-name-of-some-length.example.org:8091");
  record.set_metagraph_address("a-name-of-some-length.example.org:8092");
  *record.mutable_schema() = to_proto(Schema{Modality::kImage, at::kFloat, {3, 32, 32}, 1024});
  record.set_issued_ms(kNow);
  record.set_ttl_ms(15'000);

  RecordStore store(kRecords);
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < kRecords; ++i) {
    store.insert(*read_statement(to_proto(**sign_record(Wallet::create(), record)), kNow), kNow);
  }
  const auto content = store.content();  // what readers hold
  return static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(store.size());
}

int run(int neurons) {
  const double record_bytes = bytes_per_record();
  double few = 0;
  {
    Swarm swarm(100);
    few = bytes_per_neuron_and_round(swarm, 100);
  }
  Swarm swarm(neurons);
  const double many = bytes_per_neuron_and_round(swarm, neurons);
  const int rounds = swarm.rounds_until_all_know_news(20);
  std::printf(
      "{\"neurons\": %d, \"rounds\": %d, \"bytes_few\": %.0f, \"bytes_many\": %.0f, "
      "\"record_bytes\": %.0f}\n",
      neurons, rounds, few, many, record_bytes);
  const bool good = swarm.whole() && rounds <= 10 && many <= 1.15 * few && record_bytes <= 1024;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  const int neurons = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (neurons < 2 || neurons > 10'000) {
    std::fprintf(stderr, "NEURONS is a number from 2 to 10000\n");
    return 2;
  }
  return bittensor::run(neurons);
}
