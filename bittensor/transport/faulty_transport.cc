// SPDX-License-Identifier: MIT
#include "bittensor/transport/faulty_transport.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/pending_calls.h"

namespace bittensor {
namespace {

absl::Status read_delay(absl::string_view text, Duration& delay) {
  absl::Duration parsed;
  if (!absl::ParseDuration(text, &parsed) || parsed < absl::ZeroDuration() ||
      parsed > absl::Hours(1))
    return absl::InvalidArgumentError("is no time from 0s to 1h");
  delay = absl::ToChronoNanoseconds(parsed);
  return absl::OkStatus();
}

absl::Status read_probability(absl::string_view text, double& probability) {
  // Not "< 0 or > 1": that lets NaN pass.
  if (!absl::SimpleAtod(text, &probability) || !(probability >= 0 && probability <= 1))
    return absl::InvalidArgumentError("is no probability from 0 to 1");
  return absl::OkStatus();
}

absl::Status read_fault(absl::string_view name, absl::string_view value, Faults& faults) {
  if (name == "transport.delay") return read_delay(value, faults.delay);
  if (name == "transport.drop") return read_probability(value, faults.drop);
  if (name == "transport.cut") return read_probability(value, faults.cut);
  if (name == "transport.corrupt") return read_probability(value, faults.corrupt);
  return absl::InvalidArgumentError(
      "is none of transport.delay, transport.drop, transport.cut, transport.corrupt");
}

Payload with_flipped_bit(const Payload& body, std::uint64_t bit) {
  std::string bytes = body.flatten();
  if (bytes.empty()) return body;
  bytes[(bit / 8) % bytes.size()] ^= static_cast<char>(1 << (bit % 8));
  return Payload(std::move(bytes));
}

// In [0, 1), the same on every platform, as std::uniform_real_distribution is not.
double uniform(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
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
    : faults_(faults),
      executor_(executor),
      inner_(std::move(inner)),
      link_(std::make_shared<Link>(inner_.get(), executor)),
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
  const std::optional<Draw> drawn = draw();
  if (!drawn) return link_->pending.finish(id, absl::CancelledError("the transport is closed"));
  const auto [fate, bit] = *drawn;

  const auto finish_at = [link = link_, &executor = executor_, id](TimePoint when, Reply reply) {
    executor.post_at(when, [=] { link->pending.finish(id, reply); });
  };
  const auto come_back = [finish_at, &executor = executor_, delay = faults_.delay, fate = fate,
                          bit = bit](Reply reply) {
    if (fate == Fate::kCorruptReply && reply.ok()) reply->body = with_flipped_bit(reply->body, bit);
    finish_at(executor.now() + delay, std::move(reply));
  };

  finish_at(deadline, absl::DeadlineExceededError("no reply before the deadline"));
  const TimePoint arrival = executor_.now() + faults_.delay;
  if (fate == Fate::kDropped) return;
  if (fate == Fate::kCut)
    return finish_at(arrival, absl::UnavailableError("the connection to " + address + " broke"));
  if (fate == Fate::kCorruptRequest) message.body = with_flipped_bit(message.body, bit);
  executor_.post_at(arrival, [=, link = link_] {
    MutexLock lock(link->mutex);
    if (link->inner)
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

std::optional<FaultyTransport::Draw> FaultyTransport::draw() {
  MutexLock lock(mutex_);
  if (closed_) return std::nullopt;
  // As many numbers for each call, so that one fault does not move the others.
  const bool drop = uniform(random_) < faults_.drop;
  const bool cut = uniform(random_) < faults_.cut;
  const bool corrupt = uniform(random_) < faults_.corrupt;
  const bool request = uniform(random_) < 0.5;
  const std::uint64_t bit = random_();
  if (drop) return Draw{Fate::kDropped, bit};
  if (cut) return Draw{Fate::kCut, bit};
  if (corrupt) return Draw{request ? Fate::kCorruptRequest : Fate::kCorruptReply, bit};
  return Draw{Fate::kArrives, bit};
}

}  // namespace bittensor
