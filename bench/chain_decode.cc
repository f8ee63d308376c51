// SPDX-License-Identifier: MIT
//
// What it takes to make a metagraph of a node's answers: 4,096 neurons with 64 weights each, from
// the JSON of the answers to the snapshot that readers see. No node, no network: chopsticks has no
// subnet of that size.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "bittensor/chain/subtensor/node.h"
#include "bittensor/chain/subtensor/storage_key.h"
#include "bittensor/chain/subtensor/subnet_reader.h"
#include "bittensor/chain/testing/metagraph.h"
#include "bittensor/chain/testing/neurons_lite.h"

namespace {

using namespace bittensor;

constexpr std::uint16_t kNeurons = 4096;
constexpr int kWeights = 64;
constexpr int kRounds = 9;
constexpr char kGetMetagraph[] = "SubnetInfoRuntimeApi_get_metagraph";

// A node whose answers are texts that were written before.
class Recorded final : public RpcClient {
 public:
  absl::StatusOr<Json> call(const std::string& method, const Json& params, TimePoint) override {
    const std::string question = absl::StrCat(method, params.dump());
    const auto known = answers_.find(question);
    if (known != answers_.end()) {
      absl::StatusOr<RpcMessage> message = read_rpc_message(known->second);
      if (!message.ok()) return message.status();
      return std::move(message->result);
    }
    answers_[question] = Json{{"id", 1}, {"result", make(method, params)}}.dump();
    return read_rpc_message(answers_[question])->result;
  }
  absl::StatusOr<Json> next_head(std::uint64_t, TimePoint) override {
    return absl::UnimplementedError("");
  }

  std::map<std::string, std::string> values;  // by place
  std::string neurons;
  std::string metagraph;

 private:
  Json make(const std::string& method, const Json& params) const {
    if (method == "state_call") {
      return absl::StrCat("0x",
                          absl::BytesToHexString(params[0] == kGetMetagraph ? metagraph : neurons));
    }
    Json changes = Json::array();
    for (const Json& place : params[0]) {
      const auto found = values.find(place.get<std::string>());
      changes.push_back({place, found == values.end() ? Json() : Json(found->second)});
    }
    return Json::array({{{"block", params[1]}, {"changes", changes}}});
  }

  std::map<std::string, std::string> answers_;
};

void put(Recorded& node, const Metadata& metadata, const char* entry, std::vector<ScaleValue> keys,
         const std::string& value) {
  const std::string place = storage_key(metadata, kSubtensor, entry, keys).value();
  node.values[absl::StrCat("0x", absl::BytesToHexString(place))] =
      absl::StrCat("0x", absl::BytesToHexString(value));
}

std::string row_of(int uid) {
  ScaleWriter row;
  row.compact(kWeights);
  for (int i = 0; i < kWeights; ++i) {
    row.u16(static_cast<std::uint16_t>((uid + i * 61) % kNeurons));
    row.u16(static_cast<std::uint16_t>(1 + i));
  }
  return row.bytes();
}

void fill(Recorded& node, const Metadata& metadata) {
  const ScaleValue netuid = ScaleValue::of_number(1);
  ScaleWriter count;
  count.u16(kNeurons);
  put(node, metadata, "NetworksAdded", {netuid}, "\x01");
  put(node, metadata, "SubnetworkN", {netuid}, count.bytes());
  for (int uid = 0; uid < kNeurons; ++uid) {
    const ScaleValue key = ScaleValue::of_number(static_cast<unsigned>(uid));
    ScaleWriter block;
    block.u64(static_cast<std::uint64_t>(uid));
    put(node, metadata, "Weights", {netuid, key}, row_of(uid));
    put(node, metadata, "BlockAtRegistration", {netuid, key}, block.bytes());
  }
  node.neurons = testing::neurons_lite(1, kNeurons);
  node.metagraph = testing::metagraph(1, kNeurons, testing::kMetagraphMembers);
}

// Of this thread, which does it all: what else runs on the machine does not count.
double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

bool is_right(const NeuronSnapshot& snapshot) {
  if (snapshot.neurons.size() != kNeurons) return false;
  for (const ChainNeuron& neuron : snapshot.neurons) {
    if (neuron.weights.size() != kWeights || neuron.weights[2].second != 3 ||
        neuron.registered_at != neuron.uid || neuron.incentive != neuron.uid) {
      return false;
    }
  }
  return true;
}

// The median; not ok if the metagraph is wrong.
absl::StatusOr<double> measure(std::shared_ptr<const Metadata> metadata) {
  Recorded recorded;
  fill(recorded, *metadata);
  auto runtime = std::make_shared<Runtime>();
  runtime->metadata = std::move(metadata);
  const Node node(recorded);
  const SubnetReader reader(node, runtime, 1, 1, std::string(32, '\0'), TimePoint::max());
  std::vector<double> times;
  for (int round = 0; round <= kRounds; ++round) {  // the first one writes the answers
    const double begin = cpu_ms();
    const auto snapshot = reader.read_all();
    const double time = cpu_ms() - begin;
    if (!snapshot.ok()) return snapshot.status();
    if (!is_right(**snapshot)) return absl::InternalError("a wrong metagraph");
    if (round > 0) times.push_back(time);
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

}  // namespace

int main() {
  std::ifstream file("tests/data/chain/metadata_218_v15.scale", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    std::fprintf(stderr, "chain_decode: run it in the folder of the project\n");
    return 1;
  }
  double slowest = 0;
  const std::string later = testing::with_get_metagraph(bytes, testing::kMetagraphMembers);
  for (const auto& [name, metadata] : {std::pair("chain.metagraph_ms_4096", &later),
                                       std::pair("chain.neurons_lite_ms_4096", &bytes)}) {
    const auto read = Metadata::read(*metadata);
    const auto median = read.ok() ? measure(*read) : read.status();
    if (!median.ok()) {
      std::fprintf(stderr, "chain_decode: %s\n", std::string(median.status().message()).c_str());
      return 1;
    }
    std::printf("%s\"%s\": %.1f", slowest == 0 ? "{" : ", ", name, *median);
    slowest = std::max(slowest, *median);
  }
  std::printf("}\n");
  return slowest <= 100 ? 0 : 1;
}
