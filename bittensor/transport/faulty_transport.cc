// SPDX-License-Identifier: MIT
#include "bittensor/transport/faulty_transport.h"

#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

#include "bittensor/base/random.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/transport/pending_calls.h"

namespace bittensor {
namespace {

absl::Status read_delay(absl::string_view text, Duration& delay) {
  absl::Duration parsed;
  if (!absl::ParseDuration(text, &parsed) || parsed < absl::ZeroDuration() ||
      parsed > absl::Hours(1))
    return absl::InvalidArgumentError("is not a time from 0s to 1h");
  delay = absl::ToChronoNanoseconds(parsed);
  return absl::OkStatus();
}

absl::Status read_probability(absl::string_view text, double& probability) {
  // Not "< 0 or > 1": that lets NaN pass.
  if (!absl::SimpleAtod(text, &probability) || !(probability >= 0 && probability <= 1))
    return absl::InvalidArgumentError("is not a probability from 0 to 1");
  return absl::OkStatus();
}

struct Named {
  const char* name;
  Duration Faults::*time;
  double Faults::*probability;
};

constexpr Named kNamed[] = {
    {"transport.delay", &Faults::delay, nullptr},
    {"transport.jitter", &Faults::jitter, nullptr},
    {"transport.silent", nullptr, &Faults::silent},
    {"transport.refuse", nullptr, &Faults::refuse},
    {"transport.drop", nullptr, &Faults::drop},
    {"transport.half_open", nullptr, &Faults::half_open},
    {"transport.cut", nullptr, &Faults::cut},
    {"transport.corrupt", nullptr, &Faults::corrupt},
    {"transport.duplicate", nullptr, &Faults::duplicate},
    {"transport.reorder", nullptr, &Faults::reorder},
};

absl::Status read_fault(absl::string_view name, absl::string_view value, Faults& faults) {
  std::string names;
  for (const Named& named : kNamed) {
    if (name != named.name) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", named.name);
      continue;
    }
    return named.time != nullptr ? read_delay(value, faults.*named.time)
                                 : read_probability(value, faults.*named.probability);
  }
  return absl::InvalidArgumentError(absl::StrCat("is not one of ", names));
}

Payload with_flipped_bit(const Payload& body, std::uint64_t bit) {
  std::string bytes = body.flatten();
  if (bytes.empty()) return body;
  bytes[(bit / 8) % bytes.size()] ^= static_cast<char>(1 << (bit % 8));
  return Payload(std::move(bytes));
}

}  // namespace

absl::StatusOr<Faults> parse_faults(absl::string_view text) {
  Faults faults;
  std::set<absl::string_view> seen;
  for (const absl::string_view fault : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(absl::StripAsciiWhitespace(fault), absl::MaxSplits('=', 1));
    const absl::Status read = read_fault(parts.first, parts.second, faults);
    if (!read.ok())
      return absl::InvalidArgumentError(absl::StrCat("fault \"", fault, "\" ", read.message()));
    if (!seen.insert(parts.first).second)
      return absl::InvalidArgumentError(absl::StrCat("fault \"", fault, "\" is given twice"));
  }
  return faults;
}

// What the tasks on the executor share: they may run when the transport is gone.
struct FaultyTransport::Link {
  Link(Transport* transport, Executor& executor) : pending(executor), inner(transport) {}

  PendingCalls pending;
  Mutex mutex;
  Transport* inner BITTENSOR_GUARDED_BY(mutex);  // nullptr once it is gone
};

FaultyTransport::FaultyTransport(std::unique_ptr<Transport> inner, const Faults& faults,
                                 std::uint64_t seed, Executor& executor)
    : seed_(seed),
      executor_(executor),
      inner_(std::move(inner)),
      link_(std::make_shared<Link>(inner_.get(), executor)),
      faults_(faults),
      random_(seed) {}

FaultyTransport::~FaultyTransport() {
  FaultyTransport::close();
  MutexLock lock(link_->mutex);
  link_->inner = nullptr;
}

absl::StatusOr<std::unique_ptr<Transport::Listener>> FaultyTransport::listen(
    const std::string& address, std::vector<std::string> methods, std::size_t max_message_bytes,
    Handler handler) {
  return inner_->listen(address, std::move(methods), max_message_bytes, std::move(handler));
}

void FaultyTransport::call(const std::string& address, const std::string& method, Message message,
                           TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) {
  const PendingCalls::Id id = link_->pending.add(std::move(on_reply));
  const std::optional<Draw> drawn = draw(address);
  if (!drawn) return link_->pending.finish(id, absl::CancelledError("the transport is closed"));
  const auto [outcome, bit, request_delay, reply_delay] = *drawn;
  if (outcome == Outcome::kRefused) {
    return link_->pending.finish(id, absl::UnavailableError("nobody listens at " + address));
  }

  const auto finish_at = [link = link_, &executor = executor_, id](TimePoint when, Reply reply) {
    executor.post_at(when, [=] { link->pending.finish(id, reply); });
  };
  const auto come_back = [finish_at, &executor = executor_, back = reply_delay, outcome = outcome,
                          bit = bit](Reply reply) {
    if (outcome == Outcome::kHalfOpen) return;
    if (outcome == Outcome::kCorruptReply && reply.ok())
      reply->body = with_flipped_bit(reply->body, bit);
    finish_at(executor.now() + back, std::move(reply));
  };

  finish_at(deadline, absl::DeadlineExceededError("no reply before the deadline"));
  const TimePoint arrival = executor_.now() + request_delay;
  if (outcome == Outcome::kDropped) return;
  if (outcome == Outcome::kCut)
    return finish_at(arrival, absl::UnavailableError("the connection to " + address + " broke"));
  if (outcome == Outcome::kCorruptRequest) message.body = with_flipped_bit(message.body, bit);
  executor_.post_at(arrival, [=, outcome = outcome, link = link_] {
    MutexLock lock(link->mutex);
    if (!link->inner) return;
    if (outcome == Outcome::kDuplicated) {
      link->inner->call(address, method, message, deadline, max_reply_bytes, [](const Reply&) {});
    }
    link->inner->call(address, method, message, deadline, max_reply_bytes, come_back);
  });
}

void FaultyTransport::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  inner_->close();
  link_->pending.finish_all(absl::CancelledError("the transport is closed"));
}

void FaultyTransport::set_faults(const Faults& faults) {
  MutexLock lock(mutex_);
  faults_ = faults;
}

std::optional<FaultyTransport::Draw> FaultyTransport::draw(const std::string& address) {
  MutexLock lock(mutex_);
  if (closed_) return std::nullopt;
  // As many numbers for each call, so that one fault does not move the others.
  const bool drop = to_unit(random_()) < faults_.drop;
  const bool cut = to_unit(random_()) < faults_.cut;
  const bool corrupt = to_unit(random_()) < faults_.corrupt;
  const bool request = to_unit(random_()) < 0.5;
  const std::uint64_t bit = random_();
  const bool refuse = to_unit(random_()) < faults_.refuse;
  const bool half_open = to_unit(random_()) < faults_.half_open;
  const bool duplicate = to_unit(random_()) < faults_.duplicate;
  const bool reorder = to_unit(random_()) < faults_.reorder;
  const auto jitter = [this]() BITTENSOR_REQUIRES(mutex_) {
    return Duration(static_cast<Duration::rep>(to_unit(random_()) *
                                               static_cast<double>(faults_.jitter.count())));
  };
  Draw draw{Outcome::kArrives, bit, faults_.delay + jitter(), faults_.delay + jitter()};
  // The same each time for one peer.
  std::mt19937_64 of_peer(seed_ ^ std::hash<std::string>()(address));
  if (to_unit(of_peer()) < faults_.silent || (drop && !refuse)) {
    draw.outcome = Outcome::kDropped;
  } else if (refuse) {
    draw.outcome = Outcome::kRefused;
  } else if (half_open) {
    draw.outcome = Outcome::kHalfOpen;
  } else if (cut) {
    draw.outcome = Outcome::kCut;
  } else if (corrupt) {
    draw.outcome = request ? Outcome::kCorruptRequest : Outcome::kCorruptReply;
  } else if (duplicate) {
    draw.outcome = Outcome::kDuplicated;
  } else if (reorder) {
    draw.request_delay += kOvertaken;
  }
  return draw;
}

}  // namespace bittensor
