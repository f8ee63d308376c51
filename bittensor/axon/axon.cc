// SPDX-License-Identifier: MIT
#include "bittensor/axon/axon.h"

#include <optional>
#include <utility>

#include "ATen/ATen.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/axon.pb.h"
#include "bittensor/v1/identity.pb.h"

#if GOOGLE_PROTOBUF_VERSION < 4022000
#include "google/protobuf/stubs/logging.h"
#endif

namespace bittensor {
namespace {

constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr char kBackward[] = "bittensor.v1.Axon/Backward";
constexpr char kDescribe[] = "bittensor.v1.Identity/Describe";

// Fields of a request that are not text.
constexpr std::int64_t kOtherFields = 16;

// Taken off the priority, a weight in [0, 1], of gradients that only teach: callers that wait for
// an answer come first.
constexpr double kTeachingLast = 2;

// A model of so many bytes gives its memory back to the system.
constexpr std::size_t kLargeModel = std::size_t{32} << 20;

// What a request without a tensor costs in the queue.
constexpr std::size_t kJobOverhead = 1024;

// What somebody asks about, and whether its values are finite.
struct Asked {
  Inputs inputs;
  bool finite = true;
};

absl::StatusOr<Asked> read_tensor(v1::Modality of, const Payload& body, const WireTensor& wire) {
  BITTENSOR_ASSIGN_OR_RETURN(const Modality modality, from_proto(of));
  BITTENSOR_ASSIGN_OR_RETURN(DecodedTensor decoded, decode_tensor(body, wire));
  return Asked{{modality, std::move(decoded.tensor), {}}, decoded.finite};
}

absl::StatusOr<Asked> read_inputs(const v1::ForwardRequest& request, const Payload& body,
                                  const WireTensor& wire) {
  if (request.modality() == v1::MODALITY_TEXT) {
    return Asked{Inputs::of_text({request.text().begin(), request.text().end()})};
  }
  return read_tensor(request.modality(), body, wire);
}

std::size_t bytes_of(const Inputs& inputs) {
  std::size_t bytes = kJobOverhead;
  if (inputs.tensor.defined()) bytes += inputs.tensor.nbytes();
  for (const std::string& line : inputs.text) bytes += line.size();
  return bytes;
}

// Whether a refusal counts against the address. Asking too much at a time does not, nor asking for
// inputs that are no longer kept.
bool is_callers_fault(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status) ||
         absl::IsInvalidArgument(status);
}

int port_of(const std::string& address) {
  int port = 0;
  return absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port) ? port : 0;
}

}  // namespace

struct Axon::Caller {
  std::optional<Envelope> envelope;  // none: unsigned, and the owner allows it
  std::string method;
  TimePoint deadline;
  Compression answer_compression = Compression::kNone;
  bool lesson_kept = false;

  PublicKey key() const { return envelope ? envelope->sender : PublicKey(); }
};

absl::Status Axon::append_answer(const Caller& caller, const Job::Result& result, Payload& body) {
  const auto append = [&](int field, const at::Tensor& tensor) {
    if (!tensor.defined()) return absl::OkStatus();
    // float32 whatever the synapse computes in: it is what callers make room for.
    return append_tensor_field(field, tensor.to(at::kFloat), body, caller.answer_compression);
  };
  if (caller.method == kBackward) {
    v1::BackwardResponse head;
    head.set_learned(result.learned);
    body = Payload(head.SerializeAsString());
    return append(v1::BackwardResponse::kInputGradientFieldNumber, result.tensor);
  }
  v1::ForwardResponse head;
  head.set_lesson_kept(caller.lesson_kept);
  body = Payload(head.SerializeAsString());
  BITTENSOR_RETURN_IF_ERROR(append(v1::ForwardResponse::kOutputFieldNumber, result.tensor));
  return append(v1::ForwardResponse::kPredictionFieldNumber, result.prediction);
}

Axon::Axon(Options options, Transport& transport, const Wallet& wallet, Executor& executor)
    : options_(std::move(options)),
      transport_(transport),
      executor_(executor),
      pair_keys_(wallet),
      replay_guard_(options_.replay, wallet.key()),
      admission_(options_.admission),
      taught_(options_.max_gradient_norm),
      lessons_(options_.lessons),
      kept_(options_.kept),
      queue_(options_.queue) {
#if GOOGLE_PROTOBUF_VERSION < 4022000  // Later ones have no handler of their own.
  // Or every malformed string of a stranger is a line in the log.
  google::protobuf::SetLogHandler(nullptr);
#endif
}

Axon::~Axon() {
  stop();
}

void Axon::serve(const Synapse& synapse) {
  // Of older copies than the one that is served now none is left while another is made: a large
  // model is in memory twice beside the one that trains, never three times.
  kept_.keep_only_of(served().get());
  auto copy = std::make_shared<ServedSynapse>(synapse);
  {
    MutexLock lock(mutex_);
    served_.swap(copy);  // The old one goes when the last request that holds it is answered.
  }
  copy.reset();
  // What a large one leaves behind is no place for the next: blocks of that size hardly fit again.
  std::size_t bytes = 0;
  for (const at::Tensor& parameter : synapse.parameters()) bytes += parameter.nbytes();
  if (bytes >= kLargeModel) trim_allocator();
}

std::shared_ptr<ServedSynapse> Axon::served() const {
  MutexLock lock(mutex_);
  return served_;
}

absl::Status Axon::start() {
  if (worker_ == nullptr) {
    worker_ = std::make_unique<Worker>(queue_, options_.max_joined_rows, taught_, executor_);
  }
  auto listener = transport_.listen(options_.listen_address, {kForward, kBackward, kDescribe},
                                    options_.max_message_bytes,
                                    [this](Transport::Request request, Transport::ReplyFn reply) {
                                      handle(std::move(request), std::move(reply));
                                    });
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  port_ = port_of(listener_->address());
  return absl::OkStatus();
}

void Axon::stop() {
  for (Job& job : queue_.close()) job.done(absl::UnavailableError("axon stopped"));
  worker_.reset();
  if (listener_) listener_->close(executor_.now() + options_.stop_timeout);
  listener_.reset();
}

Axon::Stats Axon::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

void Axon::count(std::uint64_t Stats::*which, std::uint64_t by) {
  MutexLock lock(mutex_);
  stats_.*which += by;
}

void Axon::handle(Transport::Request request, Transport::ReplyFn reply) {
  PublicKey sender;
  const auto refuse = [&](const absl::Status& status) {
    count(&Stats::refused);
    callers_.refused(sender, request.peer, status, executor_.now());
    spdlog::debug("refused {} from {}: {}", request.method, request.peer, status.ToString());
    reply(status);
  };
  count(&Stats::bytes_received, request.message.body.size() + request.message.envelope.size());
  auto ticket = admission_.arrive(request.peer, executor_.now());
  if (!ticket.ok()) return refuse(ticket.status());
  // Under overload a refusal must cost next to nothing, or refusing takes the time of answering.
  // Whose priority decides is known only once the signature is checked.
  if (!options_.priority) {
    const auto room = queue_.room(/*priority=*/0);
    if (!room.ok()) return refuse(room);
  }
  auto caller = admit(request, **ticket, sender);
  if (!caller.ok()) {
    if (is_callers_fault(caller.status())) admission_.note_refused(**ticket, executor_.now());
    return refuse(caller.status());
  }
  callers_.heard(sender, request.peer,
                 request.message.body.size() + request.message.envelope.size(), executor_.now());
  if (request.method == kDescribe) return describe(*caller, reply);
  auto job = request.method == kForward ? read_forward(request.message.body, *caller)
                                        : read_backward(request.message.body, *caller);
  if (!job.ok()) {
    if (is_callers_fault(job.status())) admission_.note_refused(**ticket, executor_.now());
    return refuse(job.status());
  }
  // A gradient of one that this neuron does not learn from: there is nothing to compute.
  if (job->is_backward() && !job->teaches && !job->wants_input_gradient) {
    return answer(*caller, Job::Result(), reply);
  }
  job->deadline = request.deadline;
  job->bytes = bytes_of(job->inputs);
  if (job->is_backward()) job->bytes += job->output_gradient.nbytes();
  if (options_.priority) job->priority = options_.priority(caller->key());
  // Nobody waits for a gradient that only teaches.
  if (job->is_backward() && !job->wants_input_gradient) job->priority -= kTeachingLast;
  job->done = [this, caller = *std::move(caller), ticket = *std::move(ticket), reply](
                  absl::StatusOr<Job::Result> result) { answer(caller, std::move(result), reply); };
  if (const auto status = queue_.push(*job, executor_.now()); !status.ok()) refuse(status);
}

absl::StatusOr<Axon::Caller> Axon::admit(const Transport::Request& request,
                                         Admission::Ticket& ticket, PublicKey& sender) {
  Caller caller{std::nullopt, request.method, request.deadline, Compression::kNone};
  if (request.message.envelope.empty()) {
    if (!options_.allow_unsigned) {
      return absl::UnauthenticatedError("request without a signature");
    }
  } else {
    BITTENSOR_ASSIGN_OR_RETURN(caller.envelope, open_request(pair_keys_, request.message.envelope,
                                                             request.method, request.message.body));
    sender = caller.envelope->sender;
    BITTENSOR_RETURN_IF_ERROR(replay_guard_.check(*caller.envelope, executor_.unix_ms(),
                                                  /*allow_any_receiver=*/false));
  }
  BITTENSOR_RETURN_IF_ERROR(
      admission_.identify(ticket, caller.key(), request.message.body.size(), executor_.now()));
  // Remembered only within the key's rate, or one key could fill the guard's memory, after which
  // everybody is refused. Looked at before it, or a stranger's replays would use up that rate.
  if (caller.envelope) {
    BITTENSOR_RETURN_IF_ERROR(replay_guard_.admit(*caller.envelope, executor_.unix_ms(),
                                                  /*allow_any_receiver=*/false));
  }
  if (options_.admit) BITTENSOR_RETURN_IF_ERROR(options_.admit(caller.key()));
  return caller;
}

absl::Status Axon::check(const Inputs& inputs, bool finite, const Schema& schema) const {
  if (inputs.batch() > options_.max_rows) {
    return absl::InvalidArgumentError(absl::StrCat("batch of ", inputs.batch(), " rows; at most ",
                                                   options_.max_rows, " are taken"));
  }
  BITTENSOR_RETURN_IF_ERROR(schema.check_shape(inputs));
  if (!finite) return absl::InvalidArgumentError("inputs hold NaN or infinite values");
  return absl::OkStatus();
}

absl::StatusOr<Job> Axon::read_forward(const Payload& body, Caller& caller) {
  Job job;
  job.synapse = served();
  if (job.synapse == nullptr) return absl::UnavailableError("no synapse is served yet");
  v1::ForwardRequest request;
  WireTensor inputs(v1::ForwardRequest::kInputsFieldNumber);
  WireTensor labels(v1::ForwardRequest::kLabelsFieldNumber);
  // Two texts a row, and a few fields besides: a million empty ones would unfold in memory.
  BITTENSOR_RETURN_IF_ERROR(
      parse_with_tensors(body, 2 * options_.max_rows + kOtherFields, request, {&inputs, &labels}));
  caller.answer_compression = from_proto(request.answer_compression());
  BITTENSOR_ASSIGN_OR_RETURN(Asked asked, read_inputs(request, body, inputs));
  BITTENSOR_RETURN_IF_ERROR(check(asked.inputs, asked.finite, job.synapse->schema()));
  job.inputs = std::move(asked.inputs);
  BITTENSOR_ASSIGN_OR_RETURN(const Task task, from_proto(request.task()));
  job.wants_prediction = task.defined() && task == job.synapse->schema().task;
  keep_lesson(request, body, labels, job.inputs, caller);
  // An unsigned caller has no name to keep anything under.
  if (request.call_id() != 0 && caller.envelope) {
    kept_.put(caller.key(), request.call_id(), {job.inputs, job.synapse}, executor_.now());
  }
  return job;
}

// What is wrong with a lesson is no reason not to answer the question.
void Axon::keep_lesson(const v1::ForwardRequest& request, const Payload& body,
                       const WireTensor& labels, const Inputs& inputs, Caller& caller) {
  const bool lesson = labels.present || request.label_text_size() > 0;
  if (!lesson || !caller.envelope || !options_.learns_from) return;
  if (!options_.learns_from(caller.key())) return;
  Lesson kept;
  kept.from = caller.key();
  kept.inputs = inputs;
  if (labels.present) {
    auto decoded = decode_tensor(body, labels);
    if (!decoded.ok() || decoded->tensor.scalar_type() != at::kLong || decoded->tensor.dim() != 1 ||
        decoded->tensor.size(0) != inputs.batch()) {
      return;
    }
    kept.labels = std::move(decoded->tensor);
  }
  kept.texts.assign(request.label_text().begin(), request.label_text().end());
  const bool text = inputs.modality == Modality::kText;
  if (static_cast<std::int64_t>(kept.texts.size()) != (text ? inputs.batch() : 0)) return;
  if (!text) {  // Rows without a label teach nothing.
    const at::Tensor known = kept.labels.ge(0).nonzero().flatten();
    if (known.numel() == 0) return;
    if (known.numel() < inputs.batch()) {
      kept.inputs = inputs.rows(known);
      kept.labels = kept.labels.index_select(0, known);
    }
  }
  caller.lesson_kept = lessons_.add(std::move(kept));
  if (caller.lesson_kept) count(&Stats::lessons);
}

absl::StatusOr<Job> Axon::read_backward(const Payload& body, Caller& caller) {
  Job job;
  v1::BackwardRequest request;
  WireTensor inputs(v1::BackwardRequest::kInputsFieldNumber);
  WireTensor gradient(v1::BackwardRequest::kOutputGradientFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(body, kOtherFields, request, {&inputs, &gradient}));
  caller.answer_compression = from_proto(request.answer_compression());
  job.wants_input_gradient = !request.without_input_gradient();
  job.teaches = caller.envelope && options_.learns_from && options_.learns_from(caller.key());
  if (job.teaches && !options_.one_teacher) job.teacher = caller.key();
  auto kept = kept_.take(caller.key(), request.call_id(), executor_.now());
  if (kept) {
    job.inputs = std::move(kept->inputs);
    job.synapse = std::move(kept->synapse);
  } else {
    if (!inputs.present) {
      return absl::FailedPreconditionError("the inputs of this call are not kept: send them");
    }
    job.synapse = served();
    if (job.synapse == nullptr) return absl::UnavailableError("no synapse is served yet");
    BITTENSOR_ASSIGN_OR_RETURN(Asked asked, read_tensor(request.modality(), body, inputs));
    BITTENSOR_RETURN_IF_ERROR(check(asked.inputs, asked.finite, job.synapse->schema()));
    job.inputs = std::move(asked.inputs);
  }
  BITTENSOR_ASSIGN_OR_RETURN(DecodedTensor decoded, decode_tensor(body, gradient));
  job.output_gradient = std::move(decoded.tensor);
  const std::int64_t width = job.synapse->schema().network_dim;
  const std::int64_t dimensions = job.inputs.modality == Modality::kText ? 3 : 2;
  if (!job.output_gradient.is_floating_point()) {
    return absl::InvalidArgumentError("output_gradient is not of floating type");
  }
  if (job.output_gradient.dim() != dimensions ||
      job.output_gradient.size(0) != job.inputs.batch() || job.output_gradient.size(-1) != width) {
    return absl::InvalidArgumentError(absl::StrCat("output_gradient is not [", job.inputs.batch(),
                                                   dimensions == 3 ? ", sequence, " : ", ", width,
                                                   "]"));
  }
  if (!decoded.finite) {
    return absl::InvalidArgumentError("output_gradient holds NaN or infinite values");
  }
  return job;
}

void Axon::answer(const Caller& caller, absl::StatusOr<Job::Result> result,
                  const Transport::ReplyFn& reply) {
  Payload body;
  absl::Status status = result.status();
  if (status.ok()) status = append_answer(caller, *result, body);
  if (!status.ok()) {
    count(&Stats::failed);
    return reply(status);
  }
  count(&Stats::answered);
  if (result->learned) count(&Stats::gradients);
  if (result->tensor.defined())
    count(&Stats::rows, static_cast<std::uint64_t>(result->tensor.size(0)));
  Message message = seal(caller, std::move(body));
  callers_.answered(caller.key(), message.body.size() + message.envelope.size(), result->learned,
                    caller.lesson_kept);
  reply(std::move(message));
}

void Axon::describe(const Caller& caller, const Transport::ReplyFn& reply) {
  const auto synapse = served();
  if (synapse == nullptr) return reply(absl::UnavailableError("no synapse is served yet"));
  v1::DescribeResponse response;
  *response.mutable_schema() = to_proto(synapse->schema());
  reply(seal(caller, Payload(response.SerializeAsString())));
}

Message Axon::seal(const Caller& caller, Payload body) {
  Message message;
  message.body = std::move(body);
  if (caller.envelope) {
    message.envelope =
        seal_reply(pair_keys_, *caller.envelope, caller.method, message.body, executor_.unix_ms());
  }
  count(&Stats::bytes_sent, message.body.size() + message.envelope.size());
  return message;
}

}  // namespace bittensor
