// SPDX-License-Identifier: MIT
//
// The pure cores of a call, each once on a small input, for tools/check_instructions.py, which runs
// this program under callgrind and counts the instructions from each core to core_done().
#include <cstdio>
#include <cstring>

#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/check.h"
#include "bittensor/metagraph/statement.h"
#include "bittensor/router/gate.h"
#include "bittensor/router/router.h"
#include "bittensor/router/testing/some_synapses.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kDim = 32;
constexpr std::int64_t kNow = 1'600'000'000'000;

Router::Options router_options() {
  Router::Options options;
  options.x_dim = kDim;
  options.key_dim = 8;
  options.topk = 3;
  options.network_dim = kDim;
  return options;
}

// What the cores work on. Each is run once before it is counted: libtorch and
// protobuf set things up at their first call.
struct World {
  World() {
    router.eval();
    inputs = Inputs::of_tensor(torch::rand({kBatch, kDim}));
    context = torch::randn({kBatch, kDim});
    v1::Record record;
    record.set_axon_address("192.0.2.1:8091");
    record.set_metagraph_address("192.0.2.1:8092");
    *record.mutable_schema() = to_proto(Schema{Modality::kTensor, at::kFloat, {4}, 8});
    record.set_issued_ms(kNow);
    record.set_ttl_ms(15'000);
    const auto signed_record = sign_record(wallet, record);
    BITTENSOR_CHECK(signed_record.ok()) << signed_record.status();
    statement = to_proto(**signed_record);
  }

  Router router{router_options()};
  Gate gate{router_options()};
  std::vector<SynapseRecord> synapses = some_synapses(9);
  at::Tensor weights = torch::rand({9});
  Inputs inputs;
  at::Tensor context;
  Wallet wallet = Wallet::create();
  v1::Statement statement;
  Payload encoded;
  Route route;
  std::vector<Answer> answers;
};

}  // namespace

// Not static, not inlined: callgrind finds them by name.
extern "C" {

__attribute__((noinline)) void core_encode(World* world) {
  Payload payload;
  BITTENSOR_CHECK(
      append_tensor_field(v1::ForwardRequest::kInputsFieldNumber, world->inputs.tensor, payload)
          .ok());
  world->encoded = std::move(payload);
}

__attribute__((noinline)) void core_decode(World* world) {
  v1::ForwardRequest request;
  WireTensor inputs(v1::ForwardRequest::kInputsFieldNumber);
  BITTENSOR_CHECK(parse_with_tensors(world->encoded, 16, request, {&inputs}).ok());
  const auto decoded = decode_tensor(world->encoded, inputs);
  BITTENSOR_CHECK(decoded.ok() && decoded->tensor.size(0) == kBatch) << decoded.status();
}

__attribute__((noinline)) void core_gate(World* world) {
  const auto choice = world->gate.forward(world->synapses, world->weights, world->context);
  BITTENSOR_CHECK(choice.chosen.size(1) == 3);
}

__attribute__((noinline)) void core_dispatch(World* world) {
  world->route =
      world->router.route(world->synapses, world->weights, world->context, world->inputs);
}

__attribute__((noinline)) void core_join(World* world) {
  const at::Tensor joined = world->router.join(world->route, world->answers);
  BITTENSOR_CHECK(joined.size(0) == kBatch);
}

__attribute__((noinline)) void core_record_check(World* world) {
  const auto read = read_statement(world->statement, kNow);
  BITTENSOR_CHECK(read.ok() && is_signed(**read)) << read.status();
}

// Ends the count of the core before it.
__attribute__((noinline)) void core_done() {
  asm volatile("");
}

}  // extern "C"

}  // namespace bittensor

int main() {
  using namespace bittensor;
  const torch::NoGradGuard no_grad;
  torch::set_num_threads(1);
  torch::manual_seed(1);  // Before the router draws its parameters: they decide who is asked.
  World world;
  for (int i = 0; i < 2; ++i) {
    core_encode(&world);
    core_done();
    core_decode(&world);
    core_done();
    core_gate(&world);
    core_done();
    core_dispatch(&world);
    core_done();
    world.answers.clear();
    for (const at::Tensor& rows : world.route.rows) {
      world.answers.push_back({absl::OkStatus(), torch::ones({rows.numel(), kDim}), {}});
    }
    core_join(&world);
    core_done();
    core_record_check(&world);
    core_done();
  }
  return 0;
}
