// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/dendrite.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/check.h"
#include "bittensor/dendrite/fan_out.h"
#include "bittensor/dendrite/fan_out_gradient.h"

namespace bittensor {
namespace {

// How long wait() goes on past the deadline: the transport ends its calls by the
// deadline, and what it says of them is better than "no answer in time".
constexpr Duration kGrace = std::chrono::milliseconds(100);

// An answer that takes such a part of the timeout is slow.
constexpr int kSlowAnswer = 4;

// Gradients on their way to one peer: one that learns slower than it is taught misses some.
constexpr int kMaxTeaching = 4;

// How long one that does not learn is not taught: twice as long each time. It may only not know
// this neuron yet.
constexpr Duration kRefusedFirst = std::chrono::seconds(1);
constexpr int kMostDoublings = 6;

constexpr std::size_t kMaxPupils = 4096;

// Whether a gradient came to nothing for a reason that says nothing of the next ones: the inputs
// are gone, the peer is busy, or the way there is.
bool passes(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsResourceExhausted(status) ||
         absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status) || absl::IsAborted(status);
}

template <typename T, typename MakeInputs>
std::vector<Inputs> to_inputs(const std::vector<T>& requests, MakeInputs make) {
  std::vector<Inputs> inputs;
  inputs.reserve(requests.size());
  for (const T& request : requests) inputs.push_back(make(request));
  return inputs;
}

// Where the caller computes.
at::Device home_of(const at::Tensor& inputs) {
  return inputs.defined() ? inputs.device() : at::Device(at::kCPU);
}

}  // namespace

// One synapse of a fan-out.
struct Dendrite::Call {
  SynapseRecord peer;
  Inputs inputs;
  Extras extras;
  std::uint64_t id = 0;                // 0: no gradient will be asked for or given
  bool sent = false;                   // over the network
  std::shared_ptr<ServedSynapse> own;  // the copy of this neuron's synapse that answered, if it did
};

struct Dendrite::Pending::State {
  Dendrite& dendrite;
  TimePoint deadline;
  std::vector<Call> calls;
  std::shared_ptr<FanOut> fan_out;
};

Dendrite::Pending::Pending(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dendrite::Pending::Pending(Pending&&) noexcept = default;
Dendrite::Pending& Dendrite::Pending::operator=(Pending&&) noexcept = default;
Dendrite::Pending::~Pending() = default;

std::vector<Answer> Dendrite::Pending::wait() {
  BITTENSOR_CHECK(state_ != nullptr) << "wait() a second time";
  const std::unique_ptr<State> state = std::move(state_);
  const std::vector<TimePoint> until(state->calls.size(), state->deadline + kGrace);
  return state->dendrite.collect(*state, [&] { return until; });
}

std::vector<Answer> Dendrite::Pending::wait_usual() {
  BITTENSOR_CHECK(state_ != nullptr) << "wait_usual() a second time";
  const std::unique_ptr<State> state = std::move(state_);
  return state->dendrite.collect(*state, [&] { return state->dendrite.usual(*state); });
}

bool Dendrite::Pending::ready() const {
  BITTENSOR_CHECK(state_ != nullptr) << "ready() after wait()";
  return state_->fan_out->ready([this] { return state_->dendrite.usual(*state_); });
}

std::vector<Dendrite::Pending::Awaited> Dendrite::Pending::awaited() const {
  BITTENSOR_CHECK(state_ != nullptr) << "awaited() after wait()";
  const std::vector<TimePoint> usual = state_->dendrite.usual(*state_);
  std::vector<Awaited> awaited;
  for (std::size_t i = 0; i < usual.size(); ++i) {
    if (!state_->fan_out->is_open(i)) continue;
    awaited.push_back({state_->calls[i].peer.key, usual[i], state_->deadline + kGrace});
  }
  return awaited;
}

Dendrite::Dendrite(Options options, Transport& transport, const Wallet& wallet, Executor& executor,
                   OwnSynapse own)
    : options_(std::move(options)),
      executor_(executor),
      self_(wallet.key()),
      own_(std::move(own)),
      rest_(options_.rest),
      pace_(options_.pace),
      window_(PeerWindow::Options{options_.timeout / kSlowAnswer}),
      calls_(counted(options_.calls), transport, wallet, executor) {}

Dendrite::~Dendrite() = default;

PeerCalls::Options Dendrite::counted(PeerCalls::Options options) {
  options.moved = [this](const PublicKey& peer, std::size_t sent, std::size_t received) {
    ledger_.moved_bytes(peer, sent, received);
  };
  return options;
}

std::vector<SynapseRecord> Dendrite::available(const std::vector<SynapseRecord>& synapses,
                                               const Inputs& inputs) const {
  std::vector<SynapseRecord> available;
  for (const SynapseRecord& peer : synapses) {
    const bool rests = rest_.remaining(peer, executor_.now()) > Duration::zero();
    if (!rests && window_.open(peer.key) && calls_.check(peer, inputs).ok()) {
      available.push_back(peer);
    }
  }
  return available;
}

Dendrite::Pending Dendrite::forward_async(const std::vector<SynapseRecord>& synapses,
                                          std::vector<Inputs> requests,
                                          std::vector<Extras> extras) {
  BITTENSOR_CHECK(synapses.size() == requests.size())
      << synapses.size() << " synapses, " << requests.size() << " requests";
  extras.resize(synapses.size());
  auto state = std::make_unique<Pending::State>(
      Pending::State{*this,
                     executor_.now() + options_.timeout,
                     {},
                     std::make_shared<FanOut>(synapses.size(), executor_)});
  state->calls.resize(synapses.size());
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    Call& call = state->calls[i];
    call.peer = synapses[i];
    call.inputs = std::move(requests[i]);
    call.extras = std::move(extras[i]);
    if (call.peer.key != self_) {
      start_call(call, state->deadline, state->fan_out->slot(state->fan_out, i));
    }
  }
  // The own synapse computes here: after everything that travels is on its way.
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    Call& call = state->calls[i];
    if (call.peer.key != self_) continue;
    state->fan_out->slot(state->fan_out, i)(ask_own(call));
  }
  return Pending(std::move(state));
}

void Dendrite::start_call(Call& call, TimePoint deadline, PeerCalls::Done done) {
  if (call.inputs.batch() == 0) return done(PeerAnswer());
  const auto skip = [&](const absl::Status& why) {
    count(&Stats::skipped);
    done(why);
  };
  if (const auto status = calls_.check(call.peer, call.inputs); !status.ok()) return skip(status);
  const Duration rest = rest_.remaining(call.peer, executor_.now());
  if (rest > Duration::zero()) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(rest).count();
    return skip(absl::UnavailableError(absl::StrCat("left alone after failures, for ", ms, " ms")));
  }
  call.sent = true;
  const bool differentiable = at::GradMode::is_enabled() && call.inputs.tensor.defined() &&
                              call.inputs.tensor.requires_grad();
  if (differentiable || call.extras.keep) call.id = calls_.new_call_id();
  const bool lesson = call.extras.labels.classes.defined() || !call.extras.labels.texts.empty();
  calls_.forward(call.peer, call.inputs, call.extras.labels, call.id, deadline,
                 judged(call.peer, "forward",
                        [this, lesson, key = call.peer.key, done = std::move(done)](auto answer) {
                          if (lesson && answer.ok() && answer->learned) {
                            count(&Stats::lessons_given);
                            ledger_.gave_lesson(key);
                          }
                          done(std::move(answer));
                        }));
}

absl::StatusOr<PeerAnswer> Dendrite::ask_own(Call& call) {
  if (call.inputs.batch() == 0) return PeerAnswer();
  call.own = own_ ? own_() : nullptr;
  if (call.own == nullptr) return absl::UnavailableError("this neuron serves no synapse");
  count(&Stats::local);
  auto output = call.own->forward(call.inputs);
  if (!output.ok()) return output.status();
  return PeerAnswer(*std::move(output));
}

std::vector<TimePoint> Dendrite::usual(const Pending::State& state) const {
  std::vector<std::optional<Duration>> known;
  std::optional<Duration> slowest;
  for (const Call& call : state.calls) {
    known.push_back(call.sent ? pace_.usual(call.peer) : std::nullopt);
    slowest = std::max(slowest, known.back());  // An empty one is the smallest.
  }
  const TimePoint start = state.fan_out->start();
  const TimePoint deadline = state.deadline + kGrace;
  std::vector<TimePoint> until;
  for (const auto& usual : known) {
    const auto patience = usual ? usual : slowest;
    until.push_back(patience ? std::min(start + *patience, deadline) : deadline);
  }
  return until;
}

std::vector<Answer> Dendrite::collect(Pending::State& state, const Patience& patience) {
  std::vector<FanOut::Result> results = state.fan_out->wait(patience, options_.give_up);
  std::vector<at::Tensor> inputs(results.size());
  std::vector<at::Tensor> outputs(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    inputs[i] = state.calls[i].inputs.tensor;
    // An answer to no rows is undefined.
    if (results[i].answer.ok() && results[i].answer->tensor.defined()) {
      outputs[i] = results[i].answer->tensor.to(home_of(inputs[i]));
    }
  }
  // The calls are copied: the graph outlives this fan-out.
  attach_fan_out_gradient(inputs, outputs,
                          [this, calls = state.calls](const std::vector<GradientRequest>& wanted) {
                            return fetch_gradients(calls, wanted);
                          });

  std::vector<Answer> answers(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    answers[i].status = results[i].answer.status();
    answers[i].took = results[i].took;
    answers[i].call_id = state.calls[i].id;
    if (results[i].answer.ok() && results[i].answer->prediction.defined()) {
      answers[i].prediction = results[i].answer->prediction.to(home_of(inputs[i]));
    }
    answers[i].output = outputs[i].defined()
                            ? outputs[i]
                            : at::zeros({state.calls[i].inputs.batch(), options_.calls.network_dim},
                                        home_of(inputs[i]));
  }
  return answers;
}

PeerCalls::Done Dendrite::judged(const SynapseRecord& peer, const char* what,
                                 PeerCalls::Done done) {
  window_.asked(peer.key);
  ledger_.asked(peer);
  // On the transport's threads, before the one who waits learns of it, if anybody still does.
  return [this, peer, what, done = std::move(done), sent = executor_.now()](auto result) {
    const TimePoint now = executor_.now();
    judge(peer, result.status(), now - sent);
    if (options_.on_call) options_.on_call(peer, what, sent, now, result.status());
    done(std::move(result));
  };
}

void Dendrite::judge(const SynapseRecord& peer, const absl::Status& status, Duration took) {
  const TimePoint now = executor_.now();
  window_.ended(peer.key, status.ok() ? took : options_.timeout);
  ledger_.ended(peer, status, took, now);
  if (status.ok()) {
    count(&Stats::ok);
    pace_.answered(peer, took);
    // An answer just in time is good, but a peer that always takes that long stalls training.
    return took > options_.timeout / 2 ? rest_.failed(peer, now) : rest_.succeeded(peer);
  }
  count(&Stats::failed);
  // The calls that were under way with it fail with it, and are not worth a line each.
  const bool known = rest_.remaining(peer, now) > Duration::zero();
  rest_.failed(peer, now);
  spdlog::log(known ? spdlog::level::debug : spdlog::level::warn, "{} at {} failed: {}",
              peer.key.short_hex(), peer.axon_address, status.ToString());
}

void Dendrite::count(std::uint64_t Stats::*which) {
  MutexLock lock(mutex_);
  ++(stats_.*which);
}

Dendrite::Stats Dendrite::stats() const {
  MutexLock lock(mutex_);
  Stats stats = stats_;
  stats.traffic = calls_.traffic();
  return stats;
}

bool Dendrite::learns(const PublicKey& peer) const {
  MutexLock lock(mutex_);
  const auto found = pupils_.find(peer);
  return found == pupils_.end() || found->second.refused_until <= executor_.now();
}

void Dendrite::teach(const SynapseRecord& peer, Modality modality, std::uint64_t call_id,
                     const at::Tensor& gradient) {
  if (call_id == 0 || !learns(peer.key)) return;
  {
    MutexLock lock(mutex_);
    if (pupils_.size() >= kMaxPupils) pupils_.clear();
    Pupil& pupil = pupils_[peer.key];
    if (pupil.under_way >= kMaxTeaching) {
      ++stats_.gradients_dropped;
      return;
    }
    ++pupil.under_way;
  }
  const TimePoint now = executor_.now();
  calls_.teach(peer, modality, call_id, gradient.detach().to(at::kCPU), now + options_.timeout,
               [this, peer, sent = now](auto answer) {
                 taught(peer.key, answer);
                 if (options_.on_call) {
                   options_.on_call(peer, "teach", sent, executor_.now(), answer.status());
                 }
               });
}

void Dendrite::taught(const PublicKey& peer, const absl::StatusOr<PeerAnswer>& answer) {
  MutexLock lock(mutex_);
  Pupil& pupil = pupils_[peer];
  pupil.under_way = std::max(0, pupil.under_way - 1);
  if (answer.ok() && answer->learned) {
    ++stats_.gradients_given;
    pupil.refusals = 0;
    ledger_.gave_gradient(peer);
    return;
  }
  ++stats_.gradients_refused;
  if (!answer.ok() && passes(answer.status())) return;
  // Those that were under way together are refused together: that is one refusal.
  const TimePoint now = executor_.now();
  if (now < pupil.refused_until) return;
  pupil.refused_until = now + kRefusedFirst * (1 << std::min(pupil.refusals++, kMostDoublings));
}

std::vector<at::Tensor> Dendrite::fetch_gradients(const std::vector<Call>& calls,
                                                  const std::vector<GradientRequest>& requests) {
  const TimePoint deadline = executor_.now() + options_.timeout;
  auto fan_out = std::make_shared<FanOut>(requests.size(), executor_);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Call& call = calls[requests[i].call];
    if (!call.sent) continue;
    calls_.backward(call.peer, call.inputs, call.id, requests[i].output_gradient, deadline,
                    judged(call.peer, "backward", fan_out->slot(fan_out, i)));
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Call& call = calls[requests[i].call];
    if (call.own == nullptr) continue;
    count(&Stats::local);
    auto gradient = call.own->backward(call.inputs, requests[i].output_gradient);
    if (!gradient.ok()) {
      fan_out->slot(fan_out, i)(gradient.status());
    } else {
      fan_out->slot(fan_out, i)(PeerAnswer(*std::move(gradient)));
    }
  }

  std::vector<FanOut::Result> results = fan_out->wait(deadline + kGrace, options_.give_up);
  std::vector<at::Tensor> gradients(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Call& call = calls[requests[i].call];
    // The wire gives float32 on the CPU; autograd wants what the inputs are.
    if (results[i].answer.ok()) {
      gradients[i] = results[i].answer->tensor.to(call.inputs.tensor.options());
    }
  }
  return gradients;
}

std::vector<Answer> Dendrite::forward(const std::vector<SynapseRecord>& synapses,
                                      std::vector<Inputs> requests) {
  return forward_async(synapses, std::move(requests)).wait();
}

std::vector<Answer> Dendrite::forward_text(const std::vector<SynapseRecord>& synapses,
                                           const std::vector<std::vector<std::string>>& requests) {
  return forward(synapses, to_inputs(requests, Inputs::of_text));
}

std::vector<Answer> Dendrite::forward_image(const std::vector<SynapseRecord>& synapses,
                                            const std::vector<at::Tensor>& requests) {
  return forward(synapses, to_inputs(requests, Inputs::of_image));
}

std::vector<Answer> Dendrite::forward_tensor(const std::vector<SynapseRecord>& synapses,
                                             const std::vector<at::Tensor>& requests) {
  return forward(synapses, to_inputs(requests, Inputs::of_tensor));
}

}  // namespace bittensor
