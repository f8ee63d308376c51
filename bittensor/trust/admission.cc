// SPDX-License-Identifier: MIT
#include "bittensor/trust/admission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <arpa/inet.h>

#include "bittensor/base/lru_map.h"

namespace bittensor {
namespace {

constexpr char kAddress[] = "address ";
constexpr char kKey[] = "key ";

// Holds at most what comes in within a second. One large request may overdraw it, and the next
// waits for that to be made good.
class Bucket {
 public:
  // Whether there is anything in it.
  bool has(double rate, TimePoint now) {
    if (rate <= 0) return true;
    const double full = std::max(rate, 1.0);
    const double seconds = std::chrono::duration<double>(now - updated_).count();
    level_ = fresh_ ? full : std::min(full, level_ + std::max(seconds, 0.0) * rate);
    fresh_ = false;
    updated_ = now;
    return level_ > 0;
  }
  void take(double amount) { level_ -= amount; }

 private:
  bool fresh_ = true;
  double level_ = 0;
  TimePoint updated_{};
};

absl::Status too_many(absl::string_view who, absl::string_view what) {
  return absl::ResourceExhaustedError(absl::StrCat("too many ", what, " from ", who));
}

}  // namespace

// What is remembered of each caller, known by an address or a key.
class Admission::Table {
 public:
  struct Caller {
    Bucket requests;
    Bucket bytes;
    Bucket refused;
    std::size_t open = 0;
  };

  explicit Table(std::size_t max_callers) : max_callers_(max_callers) {}

  // Of `name`, with everything locked. Null if there is no room: all others have requests
  // under way.
  Caller* find(const std::string& name) BITTENSOR_REQUIRES(mutex) {
    if (Caller* const caller = callers_.use(name)) return caller;
    if (callers_.size() >= max_callers_ && !forget_one()) return nullptr;
    return &callers_.add(name, {});
  }

  void leave(const std::string& name) BITTENSOR_REQUIRES(mutex) {
    Caller* const caller = callers_.find(name);
    if (caller != nullptr && caller->open > 0) --caller->open;
  }

  std::size_t size() const BITTENSOR_REQUIRES(mutex) { return callers_.size(); }

  mutable Mutex mutex;

 private:
  // The one that was silent the longest among those that wait for nothing.
  bool forget_one() BITTENSOR_REQUIRES(mutex) {
    constexpr int kTries = 64;
    int tries = 0;
    for (auto caller = callers_.begin(); caller != callers_.end() && tries < kTries;
         ++caller, ++tries) {
      if (caller->second.open > 0) continue;
      callers_.erase(caller);
      return true;
    }
    return false;
  }

  const std::size_t max_callers_;
  LruMap<std::string, Caller> callers_ BITTENSOR_GUARDED_BY(mutex);
};

class Admission::Ticket {
 public:
  Ticket(std::shared_ptr<Table> table, std::string address)
      : address_(std::move(address)), table_(std::move(table)) {}
  ~Ticket() {
    MutexLock lock(table_->mutex);
    table_->leave(address_);
    if (!key_.empty()) table_->leave(key_);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

 private:
  friend class Admission;
  const std::string address_;
  std::string key_;  // once it is known, or the address of a caller without
  const std::shared_ptr<Table> table_;
};

std::string network_of(absl::string_view host) {
  in6_addr address{};
  const std::string text(host);
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) {
    return text;
  }
  return absl::BytesToHexString({reinterpret_cast<const char*>(address.s6_addr), 8});
}

Admission::Admission(Options options)
    : options_(std::move(options)), table_(std::make_shared<Table>(options_.max_callers)) {}

absl::StatusOr<std::shared_ptr<Admission::Ticket>> Admission::arrive(absl::string_view address,
                                                                     TimePoint now) {
  const std::string name = kAddress + network_of(address);
  MutexLock lock(table_->mutex);
  Table::Caller* caller = table_->find(name);
  if (caller == nullptr) return absl::ResourceExhaustedError("too many callers");
  if (caller->open >= options_.concurrent_per_address) return too_many(name, "requests at a time");
  if (!caller->refused.has(options_.refused_per_second, now)) {
    return too_many(name, "refused requests");
  }
  ++caller->open;
  return std::make_shared<Ticket>(table_, name);
}

absl::Status Admission::identify(Ticket& ticket, const PublicKey& key, std::size_t bytes,
                                 TimePoint now) {
  if (options_.deny.count(key) > 0 || (!options_.allow.empty() && options_.allow.count(key) == 0)) {
    return absl::PermissionDeniedError(absl::StrCat(key.short_hex(), " may not ask here"));
  }
  // Apart from the address itself, whose requests that are under way are counted there.
  const std::string name = kKey + (key.is_zero() ? ticket.address_ : std::string(key.bytes()));
  const std::string who = key.is_zero() ? ticket.address_ : key.short_hex();
  MutexLock lock(table_->mutex);
  Table::Caller* caller = table_->find(name);
  if (caller == nullptr) return absl::ResourceExhaustedError("too many callers");
  if (caller->open >= options_.concurrent_per_key) return too_many(who, "requests at a time");
  if (!caller->requests.has(options_.requests_per_second, now)) {
    return too_many(who, "requests a second");
  }
  if (!caller->bytes.has(options_.bytes_per_second, now)) return too_many(who, "bytes a second");
  caller->requests.take(1);
  caller->bytes.take(static_cast<double>(bytes));
  ++caller->open;
  ticket.key_ = name;
  return absl::OkStatus();
}

void Admission::note_refused(const Ticket& ticket, TimePoint now) {
  MutexLock lock(table_->mutex);
  Table::Caller* caller = table_->find(ticket.address_);
  if (caller == nullptr) return;
  if (caller->refused.has(options_.refused_per_second, now)) caller->refused.take(1);
}

std::size_t Admission::callers() const {
  MutexLock lock(table_->mutex);
  return table_->size();
}

}  // namespace bittensor
