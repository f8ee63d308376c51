// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_calls.h"

#include <random>
#include <utility>

#include "ATen/ATen.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/finite.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {
namespace {

constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr char kBackward[] = "bittensor.v1.Axon/Backward";
constexpr std::size_t kMessageOverhead = 1024;  // all that is not tensor bytes
constexpr std::int64_t kMaxFields = 16;         // of an answer: one, and what newer programs add

std::string shape_of(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "]");
}

// A peer's tensor as float32 with finite values, or what is wrong with it.
absl::StatusOr<at::Tensor> checked(const Payload& body, const WireTensor& wire) {
  BITTENSOR_ASSIGN_OR_RETURN(const DecodedTensor decoded, decode_tensor(body, wire));
  const at::Tensor& tensor = decoded.tensor;
  if (!at::isFloatingType(tensor.scalar_type())) {
    return absl::DataLossError("answer is not of floating type");
  }
  at::Tensor floats = tensor.to(at::kFloat);
  // A float64 may become infinite only now.
  if (!decoded.finite || (!floats.is_same(tensor) && !all_finite(floats))) {
    return absl::DataLossError("answer with a value that is not finite");
  }
  return floats;
}

// What an answer must look like.
struct Expected {
  Modality modality;
  std::int64_t rows;
  std::int64_t network_dim;
  std::int64_t max_sequence;
  std::int64_t classes;  // 0: no prediction is wanted
};

absl::Status check_output(const at::Tensor& output, const Expected& expected) {
  const bool text = expected.modality == Modality::kText;
  const bool fits = output.dim() == (text ? 3 : 2) && output.size(0) == expected.rows &&
                    output.size(-1) == expected.network_dim &&
                    (!text || (output.size(1) > 0 && output.size(1) <= expected.max_sequence));
  if (fits) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("answer of shape ", shape_of(output), " instead of [",
                                          expected.rows, text ? ", sequence, " : ", ",
                                          expected.network_dim, "]"));
}

absl::StatusOr<PeerAnswer> read_answer(const Payload& body, const Expected& expected) {
  v1::ForwardResponse response;
  WireTensor output(v1::ForwardResponse::kOutputFieldNumber);
  WireTensor prediction(v1::ForwardResponse::kPredictionFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kMaxFields, response, {&output, &prediction}));
  PeerAnswer answer;
  BITTENSOR_ASSIGN_OR_RETURN(answer.tensor, checked(body, output));
  BITTENSOR_RETURN_IF_ERROR(check_output(answer.tensor, expected));
  answer.learned = response.lesson_kept();
  if (expected.classes == 0 || !prediction.present) return answer;
  BITTENSOR_ASSIGN_OR_RETURN(answer.prediction, checked(body, prediction));
  if (answer.prediction.dim() != 2 || answer.prediction.size(0) != expected.rows ||
      answer.prediction.size(1) != expected.classes) {
    return absl::DataLossError(absl::StrCat("prediction of shape ", shape_of(answer.prediction),
                                            " instead of [", expected.rows, ", ", expected.classes,
                                            "]"));
  }
  return answer;
}

absl::StatusOr<PeerAnswer> read_gradient(const Payload& body, const at::Tensor& inputs) {
  v1::BackwardResponse response;
  WireTensor wire(v1::BackwardResponse::kInputGradientFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kMaxFields, response, {&wire}));
  PeerAnswer answer;
  answer.learned = response.learned();
  BITTENSOR_ASSIGN_OR_RETURN(answer.tensor, checked(body, wire));
  if (answer.tensor.sizes() != inputs.sizes()) {
    return absl::DataLossError(absl::StrCat("gradient of shape ", shape_of(answer.tensor),
                                            " instead of ", shape_of(inputs)));
  }
  return answer;
}

absl::StatusOr<PeerAnswer> read_thanks(const Payload& body) {
  v1::BackwardResponse response;
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kMaxFields, response, {}));
  PeerAnswer answer;
  answer.learned = response.learned();
  return answer;
}

// In what the tensors of a call travel: those that are sent, and the one that is asked for.
struct Compressions {
  Compression sent;
  Compression asked;
};

absl::StatusOr<Payload> forward_request(const Inputs& inputs, const PeerCalls::Labels& labels,
                                        const Task& task, std::uint64_t call_id,
                                        Compressions compressions) {
  v1::ForwardRequest head;
  if (task.defined()) *head.mutable_task() = to_proto(task);
  for (const std::string& text : labels.texts) head.add_label_text(text);
  head.set_modality(to_proto(inputs.modality));
  head.set_call_id(call_id);
  head.set_answer_compression(to_proto(compressions.asked));
  for (const std::string& line : inputs.text) head.add_text(line);
  Payload body(head.SerializeAsString());
  if (inputs.modality != Modality::kText) {
    const auto status = append_tensor_field(v1::ForwardRequest::kInputsFieldNumber, inputs.tensor,
                                            body, compressions.sent);
    if (!status.ok()) return status;
  }
  if (labels.classes.defined()) {
    const auto status =
        append_tensor_field(v1::ForwardRequest::kLabelsFieldNumber, labels.classes, body);
    if (!status.ok()) return status;
  }
  return body;
}

// What is sent to a peer beside the gradient of its answer.
enum class Wanted { kInputGradient, kInputGradientOfTheseInputs, kNothing };

absl::StatusOr<Payload> backward_request(const Inputs& inputs, std::uint64_t call_id,
                                         const at::Tensor& output_gradient, Wanted wanted,
                                         Compressions compressions) {
  v1::BackwardRequest head;
  head.set_without_input_gradient(wanted == Wanted::kNothing);
  head.set_modality(to_proto(inputs.modality));
  head.set_call_id(call_id);
  head.set_answer_compression(to_proto(compressions.asked));
  Payload body(head.SerializeAsString());
  auto status = append_tensor_field(v1::BackwardRequest::kOutputGradientFieldNumber,
                                    output_gradient, body, compressions.sent);
  if (status.ok() && wanted == Wanted::kInputGradientOfTheseInputs) {
    status = append_tensor_field(v1::BackwardRequest::kInputsFieldNumber, inputs.tensor, body,
                                 compressions.sent);
  }
  if (!status.ok()) return status;
  return body;
}

}  // namespace

absl::Status PeerCalls::check(const SynapseRecord& peer, const Inputs& inputs) const {
  if (peer.schema.network_dim != options_.network_dim) {
    return absl::InvalidArgumentError(absl::StrCat(
        "peer answers with network_dim ", peer.schema.network_dim, ", not ", options_.network_dim));
  }
  return peer.schema.check_shape(inputs);
}

std::uint64_t PeerCalls::random_id() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random() | 1;  // Never 0.
}

void PeerCalls::call(const SynapseRecord& peer, const char* method, Payload body,
                     TimePoint deadline, std::size_t max_reply_bytes, Opened opened) {
  begin_call();
  SealedRequest sealed;
  if (!options_.unsigned_calls) {
    sealed = seal_request(keys_, peer.key, method, body, executor_.unix_ms());
  }
  const std::size_t sent = sealed.bytes.size() + body.size();
  bytes_sent_ += sent;
  if (options_.moved) options_.moved(peer.key, sent, 0);
  transport_.call(peer.axon_address, method,
                  {std::move(sealed.bytes), std::move(body), std::string(peer.key.bytes())},
                  deadline, max_reply_bytes,
                  [this, key = peer.key, method, nonce = std::move(sealed.nonce),
                   opened = std::move(opened)](Transport::Reply reply) {
                    // Also when what follows throws, or the destructor would wait for ever.
                    const absl::Cleanup end = [this] { end_call(); };
                    absl::Status status = reply.status();
                    if (status.ok()) {
                      const std::size_t received = reply->envelope.size() + reply->body.size();
                      bytes_received_ += received;
                      if (options_.moved) options_.moved(key, 0, received);
                      status = check_sender(*reply, method, key, nonce);
                    }
                    if (status.ok()) {
                      opened(std::move(reply->body));
                    } else {
                      opened(std::move(status));
                    }
                  });
}

Compression PeerCalls::compression_to(const SynapseRecord& peer) const {
  return peer.schema.compressions.contains(options_.compression) ? options_.compression
                                                                 : Compression::kNone;
}

absl::Status PeerCalls::check_sender(const Message& reply, const char* method,
                                     const PublicKey& peer, const std::string& nonce) {
  if (options_.unsigned_calls) return absl::OkStatus();
  return open_reply(keys_, reply.envelope, method, reply.body, peer, nonce).status();
}

void PeerCalls::begin_call() {
  MutexLock lock(mutex_);
  ++under_way_;
}

void PeerCalls::end_call() {
  MutexLock lock(mutex_);
  // Under the lock: the destructor may be waiting, and the condition goes with it.
  if (--under_way_ == 0) all_done_.notify_all();
}

PeerCalls::~PeerCalls() {
  MutexLock lock(mutex_);
  while (under_way_ > 0) all_done_.wait(mutex_);
}

void PeerCalls::forward(const SynapseRecord& peer, const Inputs& inputs, const Labels& labels,
                        std::uint64_t call_id, TimePoint deadline, Done done) {
  const bool predicts = options_.task.defined() && peer.schema.task == options_.task;
  auto body = forward_request(inputs, labels, predicts ? options_.task : Task(), call_id,
                              {compression_to(peer), options_.compression});
  if (!body.ok()) return refuse(std::move(done), body.status());
  const Expected expected{inputs.modality, inputs.batch(), options_.network_dim,
                          options_.max_sequence, predicts ? options_.task.classes : 0};
  const std::int64_t positions =
      expected.rows * (inputs.modality == Modality::kText ? options_.max_sequence : 1);
  const std::size_t numbers = positions * options_.network_dim + expected.rows * expected.classes;
  call(peer, kForward, *std::move(body), deadline, numbers * sizeof(float) + kMessageOverhead,
       [expected, done = std::move(done)](absl::StatusOr<Payload> reply) {
         if (!reply.ok()) return done(reply.status());
         done(read_answer(*reply, expected));
       });
}

void PeerCalls::backward(const SynapseRecord& peer, const Inputs& inputs, std::uint64_t call_id,
                         const at::Tensor& output_gradient, TimePoint deadline, Done done) {
  // A peer keeps nothing for an unsigned caller.
  send_backward(peer, inputs, call_id, output_gradient, options_.unsigned_calls, deadline,
                [this, peer, inputs, call_id, output_gradient, deadline,
                 done](absl::StatusOr<PeerAnswer> gradient) {
                  // The peer has forgotten the inputs, or never kept them.
                  if (absl::IsFailedPrecondition(gradient.status())) {
                    return send_backward(peer, inputs, call_id, output_gradient,
                                         /*with_inputs=*/true, deadline, done);
                  }
                  done(std::move(gradient));
                });
}

void PeerCalls::send_backward(const SynapseRecord& peer, const Inputs& inputs,
                              std::uint64_t call_id, const at::Tensor& output_gradient,
                              bool with_inputs, TimePoint deadline, Done done) {
  auto body =
      backward_request(inputs, call_id, output_gradient,
                       with_inputs ? Wanted::kInputGradientOfTheseInputs : Wanted::kInputGradient,
                       {compression_to(peer), options_.compression});
  if (!body.ok()) return refuse(std::move(done), body.status());
  const std::size_t max_bytes = inputs.tensor.numel() * sizeof(float) + kMessageOverhead;
  call(peer, kBackward, *std::move(body), deadline, max_bytes,
       [tensor = inputs.tensor, done = std::move(done)](absl::StatusOr<Payload> reply) {
         if (!reply.ok()) return done(reply.status());
         done(read_gradient(*reply, tensor));
       });
}

void PeerCalls::teach(const SynapseRecord& peer, Modality modality, std::uint64_t call_id,
                      const at::Tensor& output_gradient, TimePoint deadline, Done done) {
  auto body = backward_request({modality, {}, {}}, call_id, output_gradient, Wanted::kNothing,
                               {compression_to(peer), options_.compression});
  if (!body.ok()) return refuse(std::move(done), body.status());
  call(peer, kBackward, *std::move(body), deadline, kMessageOverhead,
       [done = std::move(done)](absl::StatusOr<Payload> reply) {
         if (!reply.ok()) return done(reply.status());
         done(read_thanks(*reply));
       });
}

void PeerCalls::refuse(Done done, absl::Status status) {
  executor_.post([done = std::move(done), status = std::move(status)] { done(status); });
}

}  // namespace bittensor
