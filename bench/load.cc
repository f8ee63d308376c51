// SPDX-License-Identifier: MIT
#include "bench/load.h"

#include <condition_variable>
#include <thread>
#include <utility>

#include "bittensor/base/check.h"
#include "bittensor/base/mutex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/transport/grpc/grpc_transport.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kConnections = 8;
constexpr std::int64_t kCheckEvery = 16;  // answers: comparing each would slow the clients
constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 20;
constexpr auto kTimeout = std::chrono::seconds(5);

double ms_since(TimePoint start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Payload body_of(const Inputs& inputs) {
  v1::ForwardRequest head;
  head.set_modality(to_proto(inputs.modality));
  Payload body(head.SerializeAsString());
  BITTENSOR_CHECK(
      append_tensor_field(v1::ForwardRequest::kInputsFieldNumber, inputs.tensor, body).ok());
  return body;
}

absl::StatusOr<at::Tensor> decoded(const Transport::Reply& reply) {
  if (!reply.ok()) return reply.status();
  v1::ForwardResponse response;
  WireTensor output(v1::ForwardResponse::kOutputFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(reply->body, /*max_fields=*/1, response, {&output}));
  BITTENSOR_ASSIGN_OR_RETURN(DecodedTensor decoded, decode_tensor(reply->body, output));
  return decoded.tensor;
}

}  // namespace

struct Load::Client {
  ThreadExecutor executor;
  GrpcTransport transport;
  Wallet wallet = Wallet::create();
  PeerCalls calls{{}, transport, wallet, executor};
};

struct Load::Run {
  TimePoint start = Clock::now();
  TimePoint end;
  Mutex mutex;
  std::condition_variable_any ended;
  int under_way BITTENSOR_GUARDED_BY(mutex) = 0;
  LoadResult result BITTENSOR_GUARDED_BY(mutex);

  void begin() {
    MutexLock lock(mutex);
    ++under_way;
    ++result.offered;
  }
  void end_one() {
    MutexLock lock(mutex);
    if (--under_way == 0) ended.notify_all();
  }
};

Load::Load(const SynapseRecord& peer, Inputs inputs, Check check)
    : peer_(peer), inputs_(std::move(inputs)), body_(body_of(inputs_)), check_(std::move(check)) {
  for (std::size_t i = 0; i < kConnections; ++i) clients_.push_back(std::make_unique<Client>());
}

Load::~Load() = default;

bool Load::count(Run& run, TimePoint sent, const absl::StatusOr<PeerAnswer>& answer) {
  const bool in_time =
      Clock::now() <= run.end;  // What comes later took other time than is counted.
  bool check = false;
  {
    MutexLock lock(run.mutex);
    LoadResult& result = run.result;
    if (absl::IsResourceExhausted(answer.status())) {
      ++result.refused;
      result.refused_ms.push_back(ms_since(sent));
    } else if (!answer.ok()) {
      if (++result.failed == 1) {
        std::fprintf(stderr, "a call failed: %s\n", answer.status().ToString().c_str());
      }
    } else if (in_time) {
      check = ++result.ok % kCheckEvery == 1;
      result.answered_ms.push_back(ms_since(sent));
    }
  }
  BITTENSOR_CHECK(!check || check_(answer->tensor)) << "a wrong answer";
  return in_time;
}

void Load::call(const std::shared_ptr<Run>& run, std::size_t client) {
  run->begin();
  clients_[client % kConnections]->calls.forward(
      peer_, inputs_, /*labels=*/{}, /*call_id=*/0, Clock::now() + kTimeout,
      [this, run, client, sent = Clock::now()](const absl::StatusOr<PeerAnswer>& answer) {
        if (count(*run, sent, answer)) call(run, client);
        run->end_one();
      });
}

void Load::call_unsigned(const std::shared_ptr<Run>& run, std::size_t client) {
  run->begin();
  clients_[client % kConnections]->transport.call(
      peer_.axon_address, "bittensor.v1.Axon/Forward", {"", body_}, Clock::now() + kTimeout,
      kMaxReplyBytes, [this, run, sent = Clock::now()](const Transport::Reply& reply) {
        count(*run, sent, decoded(reply));
        run->end_one();
      });
}

LoadResult Load::finish(const std::shared_ptr<Run>& run) {
  std::this_thread::sleep_until(run->end);
  MutexLock lock(run->mutex);
  while (run->under_way > 0) run->ended.wait(run->mutex);
  run->result.seconds = std::chrono::duration<double>(run->end - run->start).count();
  return run->result;
}

LoadResult Load::closed(int clients, double seconds) {
  const auto run = std::make_shared<Run>();
  run->end =
      run->start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  for (int client = 0; client < clients; ++client) {
    call(run, static_cast<std::size_t>(client));
  }
  return finish(run);
}

LoadResult Load::open(double per_second, double seconds) {
  const auto run = std::make_shared<Run>();
  run->end =
      run->start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  std::int64_t made = 0;
  for (auto now = run->start; now < run->end; now = Clock::now()) {
    const double due = std::chrono::duration<double>(now - run->start).count() * per_second;
    for (; static_cast<double>(made) < due && Clock::now() < run->end; ++made) {
      call_unsigned(run, static_cast<std::size_t>(made));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  return finish(run);
}

}  // namespace bittensor::bench
