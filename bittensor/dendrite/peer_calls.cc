// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_calls.h"

#include <random>
#include <utility>

#include "ATen/ATen.h"
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

// A peer's tensor as float32 with finite values, or why it is none.
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

absl::StatusOr<at::Tensor> read_output(const Payload& body, Modality modality, std::int64_t rows,
                                       std::int64_t network_dim, std::int64_t max_sequence) {
  v1::ForwardResponse response;
  WireTensor wire(v1::ForwardResponse::kOutputFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kMaxFields, response, {&wire}));
  auto output = checked(body, wire);
  if (!output.ok()) return output;
  const bool text = modality == Modality::kText;
  const bool fits = output->dim() == (text ? 3 : 2) && output->size(0) == rows &&
                    output->size(-1) == network_dim &&
                    (!text || (output->size(1) > 0 && output->size(1) <= max_sequence));
  if (!fits) {
    return absl::DataLossError(absl::StrCat("answer of shape ", shape_of(*output), " instead of [",
                                            rows, text ? ", sequence, " : ", ", network_dim, "]"));
  }
  return output;
}

absl::StatusOr<at::Tensor> read_gradient(const Payload& body, const at::Tensor& inputs) {
  v1::BackwardResponse response;
  WireTensor wire(v1::BackwardResponse::kInputGradientFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kMaxFields, response, {&wire}));
  auto gradient = checked(body, wire);
  if (!gradient.ok()) return gradient;
  if (gradient->sizes() != inputs.sizes()) {
    return absl::DataLossError(
        absl::StrCat("gradient of shape ", shape_of(*gradient), " instead of ", shape_of(inputs)));
  }
  return gradient;
}

// In what the tensors of a call travel: those that are sent, and the one that is asked for.
struct Compressions {
  Compression sent;
  Compression asked;
};

absl::StatusOr<Payload> forward_request(const Inputs& inputs, std::uint64_t call_id,
                                        Compressions compressions) {
  v1::ForwardRequest head;
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
  return body;
}

absl::StatusOr<Payload> backward_request(const Inputs& inputs, std::uint64_t call_id,
                                         const at::Tensor& output_gradient, bool with_inputs,
                                         Compressions compressions) {
  v1::BackwardRequest head;
  head.set_modality(to_proto(inputs.modality));
  head.set_call_id(call_id);
  head.set_answer_compression(to_proto(compressions.asked));
  Payload body(head.SerializeAsString());
  auto status = append_tensor_field(v1::BackwardRequest::kOutputGradientFieldNumber,
                                    output_gradient, body, compressions.sent);
  if (status.ok() && with_inputs) {
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
  transport_.call(peer.axon_address, method,
                  {std::move(sealed.bytes), std::move(body), std::string(peer.key.bytes())},
                  deadline, max_reply_bytes,
                  [this, key = peer.key, method, nonce = std::move(sealed.nonce),
                   opened = std::move(opened)](Transport::Reply reply) {
                    absl::Status status = reply.status();
                    if (status.ok()) status = check_sender(*reply, method, key, nonce);
                    if (status.ok()) {
                      opened(std::move(reply->body));
                    } else {
                      opened(std::move(status));
                    }
                    end_call();
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

void PeerCalls::forward(const SynapseRecord& peer, const Inputs& inputs, std::uint64_t call_id,
                        TimePoint deadline, Done done) {
  auto body = forward_request(inputs, call_id, {compression_to(peer), options_.compression});
  if (!body.ok()) {
    executor_.post([done = std::move(done), status = body.status()] { done(status); });
    return;
  }
  const std::int64_t rows = inputs.batch();
  const std::int64_t positions =
      rows * (inputs.modality == Modality::kText ? options_.max_sequence : 1);
  const std::size_t max_bytes = positions * options_.network_dim * sizeof(float) + kMessageOverhead;
  call(peer, kForward, *std::move(body), deadline, max_bytes,
       [modality = inputs.modality, rows, options = options_,
        done = std::move(done)](absl::StatusOr<Payload> reply) {
         if (!reply.ok()) return done(reply.status());
         done(read_output(*reply, modality, rows, options.network_dim, options.max_sequence));
       });
}

void PeerCalls::backward(const SynapseRecord& peer, const Inputs& inputs, std::uint64_t call_id,
                         const at::Tensor& output_gradient, TimePoint deadline, Done done) {
  // Who has no name is not kept anything for.
  send_backward(peer, inputs, call_id, output_gradient, options_.unsigned_calls, deadline,
                [=](absl::StatusOr<at::Tensor> gradient) {
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
  auto body = backward_request(inputs, call_id, output_gradient, with_inputs,
                               {compression_to(peer), options_.compression});
  if (!body.ok()) {
    executor_.post([done = std::move(done), status = body.status()] { done(status); });
    return;
  }
  const std::size_t max_bytes = inputs.tensor.numel() * sizeof(float) + kMessageOverhead;
  call(peer, kBackward, *std::move(body), deadline, max_bytes,
       [tensor = inputs.tensor, done = std::move(done)](absl::StatusOr<Payload> reply) {
         if (!reply.ok()) return done(reply.status());
         done(read_gradient(*reply, tensor));
       });
}

}  // namespace bittensor
