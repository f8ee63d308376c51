// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/gossip.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/metagraph/reconcile.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {
namespace {

constexpr int kMaxExchanges = 8;       // under way at a time
constexpr int kTriesARound = 3;        // partners, while they fail
constexpr int kNewsRounds = 10;        // how long what was learnt is offered
constexpr std::size_t kFarewells = 5;  // neurons told of a leave

// Secret, so that nobody can foresee the salts, and the same in each run of a key.
std::uint64_t seed_of(const Wallet& wallet) {
  const std::string signature = wallet.sign("bittensor.v1 gossip seed");
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) seed = seed << 8 | static_cast<std::uint8_t>(signature[i]);
  return seed;
}

}  // namespace

Admission::Options Gossip::default_admission() {
  Admission::Options admission;
  admission.requests_per_second = 200;
  admission.bytes_per_second = 1 << 20;
  admission.concurrent_per_key = 16;
  return admission;
}

Gossip::Gossip(Options options, Transport& transport, const Wallet& wallet, Executor& executor)
    : options_(std::move(options)),
      transport_(transport),
      wallet_(wallet),
      executor_(executor),
      replay_guard_(ReplayGuard::Options{}, wallet.key()),
      admission_(options_.admission),
      store_(options_.max_records),
      partners_(options_.bootstrap, seed_of(wallet)) {}

absl::Status Gossip::start() {
  std::weak_ptr<Gossip> weak = weak_from_this();
  BITTENSOR_ASSIGN_OR_RETURN(
      listener_,
      transport_.listen(options_.listen_address, {kMethod}, kMaxGossipBytes,
                        [weak](Transport::Request request, Transport::ReplyFn reply) {
                          Transport::Reply answer =
                              absl::UnavailableError("the metagraph has stopped");
                          if (auto self = weak.lock()) {
                            self->unless_stopped([&] { answer = self->handle(request); });
                          }
                          reply(std::move(answer));
                        }));
  {
    MutexLock lock(mutex_);
    listen_address_ = listener_->address();
    fast_until_ = executor_.now() + options_.fast_for;
  }
  executor_.post([weak] {
    if (auto self = weak.lock()) self->unless_stopped([&] { self->round(); });
  });
  return absl::OkStatus();
}

void Gossip::unless_stopped(const std::function<void()>& work) {
  std::shared_lock<std::shared_mutex> lock(running_);
  if (!stopped_) work();
}

void Gossip::stop(StatementPtr farewell, Duration patience) {
  {
    std::shared_lock<std::shared_mutex> lock(running_);
    if (stopped_) return;
  }
  if (farewell) say_farewell(std::move(farewell), patience);
  if (listener_) listener_->close(executor_.now());
  {
    std::unique_lock<std::shared_mutex> lock(running_);
    stopped_ = true;
  }
  // Here and not in the destructor, which a callback may run.
  listener_.reset();
}

std::string Gossip::listen_address() const {
  MutexLock lock(mutex_);
  return listen_address_;
}

void Gossip::publish(StatementPtr statement) {
  MutexLock lock(mutex_);
  store_.insert_own(std::move(statement), executor_.unix_ms());
  snapshot_.reset();
}

void Gossip::add_addresses(const std::vector<std::string>& addresses) {
  MutexLock lock(mutex_);
  for (const std::string& address : addresses) partners_.add_lost(address);
}

std::vector<std::string> Gossip::addresses(std::size_t limit) const {
  std::vector<std::string> addresses;
  MutexLock lock(mutex_);
  for (const StatementPtr& record : snapshot_locked()->records) {
    if (record->key != wallet_.key()) addresses.push_back(record->metagraph_address);
  }
  addresses.insert(addresses.end(), partners_.lost().begin(), partners_.lost().end());
  if (addresses.size() > limit) addresses.resize(limit);
  return addresses;
}

Gossip::Snapshot Gossip::snapshot() const {
  MutexLock lock(mutex_);
  return snapshot_locked();
}

Gossip::Snapshot Gossip::snapshot_locked() const {
  if (!snapshot_) snapshot_ = std::make_shared<const RecordStore::Content>(store_.content());
  return snapshot_;
}

bool Gossip::said_goodbye(const PublicKey& key) const {
  MutexLock lock(mutex_);
  const StatementPtr record = store_.find(Statement::id_of(v1::Statement::KIND_RECORD, key));
  return record != nullptr && record->leaving;
}

std::int64_t Gossip::newest_of_self() const {
  MutexLock lock(mutex_);
  return newest_of_self_;
}

Gossip::Stats Gossip::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

std::int64_t Gossip::learnt_lately_ms() const {
  const auto window = kNewsRounds * options_.round;
  return executor_.unix_ms() -
         std::chrono::duration_cast<std::chrono::milliseconds>(window).count();
}

void Gossip::round() {
  std::vector<Peer> peers;
  {
    MutexLock lock(mutex_);
    ++stats_.rounds;
    const std::size_t before = store_.size();
    for (const StatementPtr& gone : store_.expire(executor_.unix_ms())) {
      partners_.add_lost(gone->metagraph_address);
    }
    if (store_.size() != before) snapshot_.reset();
  }
  if (options_.on_round) options_.on_round();
  {
    MutexLock lock(mutex_);
    peers = partners_.choose(*snapshot_locked(), wallet_.key());
  }
  for (const Peer& peer : peers) begin_exchange(peer, kTriesARound - 1);
  schedule_round();
}

void Gossip::schedule_round() {
  Duration pause = options_.round;
  {
    MutexLock lock(mutex_);
    const bool company = store_.neurons() > 1;
    if (company && !had_company_) fast_until_ = executor_.now() + options_.fast_for;
    had_company_ = company;
    if (executor_.now() < fast_until_) pause = std::min(options_.round, options_.fast_round);
    // Up to a tenth less, so that neurons that started together drift apart.
    pause -= pause * static_cast<int>(partners_.random() % 64) / 640;
  }
  executor_.post_at(executor_.now() + pause, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->unless_stopped([&] { self->round(); });
  });
}

void Gossip::begin_exchange(const Peer& peer, int more_tries) {
  v1::GossipRequest request;
  {
    MutexLock lock(mutex_);
    if (exchanges_ >= kMaxExchanges) return;
    ++exchanges_;
    request = open_exchange(store_, partners_.random(), learnt_lately_ms());
  }
  const std::uint64_t salt = request.salt();
  call(peer, request,
       [this, peer, salt, more_tries](absl::StatusOr<v1::GossipResponse> response,
                                      PublicKey sender) {
         if (response.ok()) return continue_exchange(peer, salt, *response, sender);
         std::vector<Peer> others;
         {
           MutexLock lock(mutex_);
           --exchanges_;
           // A known neuron that is silent costs no round: somebody else is asked.
           if (more_tries > 0 && !peer.key.is_zero())
             others = partners_.choose_known(*snapshot_locked(), wallet_.key());
         }
         for (const Peer& other : others) begin_exchange(other, more_tries - 1);
       });
}

void Gossip::continue_exchange(const Peer& peer, std::uint64_t salt,
                               const v1::GossipResponse& response, const PublicKey& sender) {
  v1::GossipRequest request;
  {
    MutexLock lock(mutex_);
    partners_.note_answer(peer.address);
    const StatementPtr record = store_.find(Statement::id_of(v1::Statement::KIND_RECORD, sender));
    if (record && record->metagraph_address == peer.address) {
      store_.mark_answered(sender);
      snapshot_.reset();
    }
    request = follow_up(store_, salt, response);
    if (request.statements_size() == 0 && request.wanted_size() == 0) {
      --exchanges_;
      return;
    }
  }
  // The second message goes to the neuron that answered the first.
  call({peer.address, sender}, request, [this](absl::StatusOr<v1::GossipResponse>, PublicKey) {
    MutexLock lock(mutex_);
    --exchanges_;
  });
}

void Gossip::call(const Peer& peer, const v1::GossipRequest& request, OnResponse on_response) {
  Payload body(request.SerializeAsString());
  SealedRequest sealed = seal_request(wallet_, peer.key, kMethod, body, executor_.unix_ms());
  {
    MutexLock lock(mutex_);
    stats_.bytes_sent += body.size() + sealed.bytes.size();
  }
  std::string to(peer.key.is_zero() ? "" : peer.key.bytes());
  transport_.call(peer.address, kMethod,
                  Message{std::move(sealed.bytes), std::move(body), std::move(to)},
                  executor_.now() + options_.call_timeout, kMaxGossipBytes,
                  [weak = weak_from_this(), peer, nonce = std::move(sealed.nonce),
                   on_response = std::move(on_response)](Transport::Reply reply) {
                    const auto self = weak.lock();
                    if (!self) return;
                    self->unless_stopped([&] {
                      PublicKey sender;
                      auto response = self->read_response(peer, nonce, reply, sender);
                      on_response(std::move(response), sender);
                    });
                  });
}

absl::StatusOr<v1::GossipResponse> Gossip::read_response(const Peer& peer, const std::string& nonce,
                                                         const Transport::Reply& reply,
                                                         PublicKey& sender) {
  const auto read = [&]() -> absl::StatusOr<v1::GossipResponse> {
    BITTENSOR_RETURN_IF_ERROR(reply.status());
    BITTENSOR_ASSIGN_OR_RETURN(
        const Envelope envelope,
        open_reply(reply->envelope, kMethod, reply->body, wallet_.key(), peer.key, nonce));
    sender = envelope.sender;
    v1::GossipResponse response;
    if (!response.ParseFromString(reply->body.flatten()))
      return absl::InvalidArgumentError("not a gossip response");
    BITTENSOR_RETURN_IF_ERROR(check_form(response));
    BITTENSOR_RETURN_IF_ERROR(keep(response.statements()));
    return response;
  };
  absl::StatusOr<v1::GossipResponse> response = read();
  if (!response.ok()) {
    MutexLock lock(mutex_);
    ++stats_.failed_calls;
    // What the user asked for by name is said once, and tried again without a word.
    const auto& named = options_.bootstrap;
    const bool said = std::find(named.begin(), named.end(), peer.address) == named.end() ||
                      !warned_.insert(peer.address).second;
    spdlog::log(said ? spdlog::level::debug : spdlog::level::warn,
                "bootstrap {} does not answer, will be tried again: {}", peer.address,
                response.status().ToString());
  }
  return response;
}

void Gossip::say_farewell(StatementPtr farewell, Duration patience) {
  struct Answers {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t missing = 0;
  };
  auto answers = std::make_shared<Answers>();
  publish(farewell);
  v1::GossipRequest request;
  *request.add_statements() = to_proto(*farewell);

  std::vector<Peer> peers;
  {
    MutexLock lock(mutex_);
    for (const StatementPtr& record : snapshot_locked()->records) {
      peers.push_back({record->metagraph_address, record->key});
    }
    // The first few of a random order.
    for (std::size_t i = 0; i < peers.size() && i < kFarewells; ++i) {
      std::swap(peers[i], peers[i + partners_.random() % (peers.size() - i)]);
    }
  }
  if (peers.size() > kFarewells) peers.resize(kFarewells);
  answers->missing = peers.size();
  for (const Peer& peer : peers) {
    call(peer, request, [answers](absl::StatusOr<v1::GossipResponse>, PublicKey) {
      std::lock_guard<std::mutex> lock(answers->mutex);
      --answers->missing;
      answers->changed.notify_all();
    });
  }
  std::unique_lock<std::mutex> lock(answers->mutex);
  answers->changed.wait_for(lock, patience, [&] { return answers->missing == 0; });
}

}  // namespace bittensor
