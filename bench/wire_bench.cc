// SPDX-License-Identifier: MIT
//
// What a tensor's way to another neuron and back costs, against the least that gRPC, protobuf and
// TCP cost for the same bytes: two processes on loopback, rounds that take turns.
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/peers.h"
#include "bench/timing.h"
#include "bench/wire/round_trip.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/transport/grpc/grpc_transport.h"

namespace bittensor::bench {
namespace {

using torch::Tensor;

struct Size {
  const char* name;
  std::int64_t rows;
  std::int64_t width;
  int calls;  // a round
};

constexpr Size kSizes[] = {
    {"small", 1, 64, 300},    // 256 B
    {"200k", 64, 784, 150},   // 200,704 B
    {"4m", 1024, 1024, 12},   // 4 MiB
    {"64m", 16384, 1024, 2},  // 64 MiB
};

// Answers its inputs.
class Echo : public Synapse {
 public:
  explicit Echo(std::int64_t width) : width_(width) {}
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {width_}, width_}; }
  Tensor forward_tensor(const Tensor& inputs) override { return inputs; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Echo>(width_); }

 private:
  const std::int64_t width_;
};

// Through a dendrite and an axon.
class Ours final : public RoundTrip {
 public:
  Ours(const Peers& peer, bool with_proof, Compression compression = Compression::kNone,
       bool tls = false)
      : peer_(peer.records().front()),
        transport_(roomy(tls)),
        dendrite_(options(with_proof, compression), transport_, wallet_, executor_, nullptr) {}

  void call(const Tensor& x) override { answer_ = dendrite_.forward_tensor({peer_}, {x}).front(); }
  bool answered(const Tensor& x) const override {
    return answer_.status.ok() && torch::equal(answer_.output, x);
  }

  // How far the last answer is off, as a part of what is in `x`: root of the mean squares.
  double error(const Tensor& x) const {
    BITTENSOR_CHECK(answer_.status.ok()) << answer_.status;
    return ((answer_.output - x).norm() / x.norm()).item<double>();
  }

 private:
  Dendrite::Options options(bool with_proof, Compression compression) const {
    Dendrite::Options options;
    options.timeout = std::chrono::seconds(30);
    options.calls.network_dim = peer_.schema.network_dim;
    options.calls.unsigned_calls = !with_proof;
    options.calls.compression = compression;
    return options;
  }
  GrpcTransport::Options roomy(bool tls) {
    GrpcTransport::Options options;
    if (tls) options = with_tls(wallet_, executor_);
    options.max_reply_bytes = std::size_t{256} << 20;
    return options;
  }

  const SynapseRecord peer_;
  ThreadExecutor executor_;
  Wallet wallet_ = Wallet::create();
  GrpcTransport transport_;
  Dendrite dendrite_;
  Answer answer_;
};

// Made anew in each round: an idle connection of one way in this process reads the bytes of
// another (gRPC has one poller a process), which made the bare echo twice as slow.
using RoundTrips = std::map<std::string, std::function<std::unique_ptr<RoundTrip>()>>;

// Microseconds of each call of each way, by round.
using Times = std::map<std::string, std::vector<Rounds>>;

void measure_round(const Size& size, const Tensor& x, const RoundTrips& ways, Times& times) {
  for (const auto& [name, make] : ways) {
    Rounds calls;
    const std::unique_ptr<RoundTrip> way = make();
    // Connects; windows grow, and caches hold what the one before left.
    for (int i = 0; i <= size.calls / 4; ++i) way->call(x);
    for (int i = 0; i < size.calls; ++i) {
      calls.values.push_back(1e6 * seconds_of([&] { way->call(x); }));
    }
    BITTENSOR_CHECK(way->answered(x)) << name << " answers wrongly";
    times[name].push_back(std::move(calls));
  }
}

Rounds ratios(const Times& times, const std::string& name, const std::string& reference) {
  Rounds rounds;
  for (std::size_t i = 0; i < times.at(name).size(); ++i) {
    rounds.values.push_back(times.at(name)[i].median() / times.at(reference)[i].median());
  }
  return rounds;
}

Rounds all_calls(const std::vector<Rounds>& rounds) {
  Rounds all;
  for (const Rounds& round : rounds) {
    all.values.insert(all.values.end(), round.values.begin(), round.values.end());
  }
  return all;
}

void report(const Size& size, const Times& times, Results& results) {
  const std::string of = size.name;
  const auto ratio = [&](const std::string& what, const std::string& way, const std::string& to) {
    if (times.count(way) == 0 || times.count(to) == 0) return;
    results.add("wire." + what + "ratio_" + of, ratios(times, way, to), "x " + to);
  };
  ratio("", "unsigned", "bare");
  ratio("signed_", "signed", "bare");
  ratio("callback_", "unsigned", "callback");
  ratio("signed_callback_", "signed", "callback");
  ratio("proof_", "signed", "unsigned");
  ratio("tls_", "tls", "bare");
  ratio("tls_signed_", "tls_signed", "bare");
  ratio("tls_over_signed_", "tls_signed", "signed");
  ratio("protobuf_", "protobuf", "bare");
  ratio("tcp_", "tcp", "bare");
  for (const auto& [name, rounds] : times) {
    const Rounds calls = all_calls(rounds);
    results.add("wire." + name + "_p50_us_" + of, calls.quantile(0.5), "us");
    results.add("wire." + name + "_p99_us_" + of, calls.quantile(0.99), "us");
  }
}

// Bytes of a tensor as it travels, with its head.
std::size_t bytes_of(const Tensor& x, Compression compression) {
  Payload payload;
  BITTENSOR_CHECK(append_tensor_field(1, x, payload, compression).ok());
  return payload.size();
}

// A batch of numbers as a layer of a network gives them, there and back in each compression.
void measure_compressions(const Peers& peer, int rounds, Results& results) {
  constexpr int kCalls = 100;
  constexpr Compression kAll[] = {Compression::kNone, Compression::kFloat16, Compression::kBfloat16,
                                  Compression::kInt8};
  const Tensor x = torch::randn({64, 1024});
  std::map<Compression, std::unique_ptr<Ours>> ways;
  for (const Compression compression : kAll) {
    ways[compression] = std::make_unique<Ours>(peer, true, compression);
  }
  std::map<Compression, Rounds> times;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& [compression, way] : ways) {
      way->call(x);
      const double seconds = seconds_of([&, &w = *way] {
        for (int i = 0; i < kCalls; ++i) w.call(x);
      });
      times[compression].values.push_back(1e6 * seconds / kCalls);
    }
  }
  for (const auto& [compression, way] : ways) {
    const std::string name = to_string(compression);
    BITTENSOR_CHECK(way->error(x) < 0.02) << name;
    results.add("wire.compressed_bytes_" + name, static_cast<double>(bytes_of(x, compression)),
                "bytes");
    results.add("wire.compressed_us_" + name, times[compression], "us");
    results.add("wire.compressed_error_pct_" + name, 100 * way->error(x), "% (rms)");
  }
}

struct Options {
  std::string json;
  int rounds = 7;
  std::vector<std::string> sizes;  // empty: all, and the compressions
  std::vector<std::string> ways;   // empty: all

  bool takes(const std::string& way) const {
    return ways.empty() || way == "bare" || std::count(ways.begin(), ways.end(), way) > 0;
  }
  bool takes(const Size& size) const {
    return sizes.empty() || std::count(sizes.begin(), sizes.end(), size.name) > 0;
  }
};

void run(const Options& options) {
  // All processes first: a process with threads must not fork.
  const Server bare_server(serve_bare_grpc);
  const Server callback_server(serve_callback_grpc);
  const Server protobuf_server(serve_protobuf);
  const Server tcp_server(serve_tcp);
  std::map<std::int64_t, std::unique_ptr<Peers>> peers;
  std::map<std::int64_t, std::unique_ptr<Peers>> tls_peers;
  Peers::Options tls;
  tls.tls = true;
  for (const Size& size : kSizes) {
    if (peers[size.width]) continue;
    const auto echo = [width = size.width] { return std::make_shared<Echo>(width); };
    peers[size.width] = std::make_unique<Peers>(1, echo);
    tls_peers[size.width] = std::make_unique<Peers>(1, echo, tls);
  }
  torch::set_num_threads(1);

  Results results;
  for (const Size& size : kSizes) {
    if (!options.takes(size)) continue;
    RoundTrips ways;
    ways["bare"] = [&] { return bare_grpc(bare_server.port()); };
    ways["callback"] = [&] { return callback_grpc(callback_server.port()); };
    ways["protobuf"] = [&] { return protobuf(protobuf_server.port()); };
    ways["tcp"] = [&] { return tcp(tcp_server.port()); };
    for (const bool with_proof : {false, true}) {
      ways[with_proof ? "signed" : "unsigned"] = [&, with_proof] {
        return std::make_unique<Ours>(*peers.at(size.width), with_proof);
      };
      ways[with_proof ? "tls_signed" : "tls"] = [&, with_proof] {
        return std::make_unique<Ours>(*tls_peers.at(size.width), with_proof, Compression::kNone,
                                      /*tls=*/true);
      };
    }
    for (auto way = ways.begin(); way != ways.end();) {
      way = options.takes(way->first) ? std::next(way) : ways.erase(way);
    }
    const Tensor x = torch::rand({size.rows, size.width});
    Times times;
    for (int round = 0; round < options.rounds; ++round) measure_round(size, x, ways, times);
    report(size, times, results);
  }
  if (options.sizes.empty()) measure_compressions(*peers.at(1024), options.rounds, results);
  if (options.json.empty()) return;
  const auto status = write_json(options.json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("A tensor's way to another neuron and back; see docs/performance.md.");
  bittensor::bench::Options options;
  app.add_option("--json", options.json, "write the medians to this file");
  app.add_option("--sizes", options.sizes, "only these: small, 200k, 4m, 64m")->delimiter(',');
  app.add_option("--ways", options.ways, "besides bare only these: unsigned, signed, callback, ...")
      ->delimiter(',');
  app.add_option("--rounds", options.rounds, "of each size")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  bittensor::bench::run(options);
  return 0;
}
