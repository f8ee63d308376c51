// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/metagraph.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/check.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/metagraph/address_cache.h"
#include "bittensor/metagraph/chain_peers.h"
#include "bittensor/metagraph/gossip.h"
#include "bittensor/metagraph/publisher.h"
#include "bittensor/metagraph/weights.h"
#include "bittensor/metagraph/work.h"
#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

// A matrix of more neurons is cut: 4096² floats are 64 MiB.
constexpr std::size_t kMaxMatrix = 4096;
constexpr Duration kCacheEvery = std::chrono::seconds(2);  // where it has changed

absl::Status check_bootstrap(const std::string& text) {
  BITTENSOR_ASSIGN_OR_RETURN(const Address address, parse_address(text));
  if (address.port == 0) return absl::InvalidArgumentError(absl::StrCat(text, ": port 0"));
  return absl::OkStatus();
}

SynapseRecord record_of(const Statement& statement) {
  return {statement.key, statement.axon_address, statement.schema};
}

bool serves_where_it_gossips(const Statement& record) {
  const auto axon = parse_address(record.axon_address);
  const auto metagraph = parse_address(record.metagraph_address);
  return axon.ok() && metagraph.ok() && axon->host == metagraph->host;
}

}  // namespace

// What of it is shared between threads is in gossip_ and weights_ or under mutex_.
class Metagraph::Impl {
 public:
  Impl(Options options, Transport& transport, const Wallet& wallet, Executor& executor)
      : options_(std::move(options)),
        self_(wallet.key()),
        executor_(executor),
        host_(options_.remote_ip.empty() ? "127.0.0.1" : options_.remote_ip),
        weights_(options_.max_records),
        gossip_(options_.chain != nullptr
                    ? nullptr
                    : std::make_shared<Gossip>(gossip_options(), transport, wallet, executor)),
        chain_(options_.chain == nullptr
                   ? nullptr
                   : std::make_unique<ChainPeers>(chain_options(), *options_.chain, transport,
                                                  wallet, executor, [this] { return weights(); })),
        work_(gossip_ == nullptr ? 0 : find_work(wallet.key(), options_.difficulty)),
        publisher_(wallet, {options_.round, options_.ttl}) {}

  void subscribe(const Schema& schema, int axon_port) {
    BITTENSOR_CHECK(axon_port > 0 && axon_port < 65536) << axon_port;
    BITTENSOR_CHECK(from_proto(to_proto(schema)).ok()) << to_string(schema);
    {
      MutexLock lock(mutex_);
      own_ = SynapseRecord{self_, join_host_port(host_, axon_port), schema};
      if (!started_ || chain_ != nullptr) return;  // A chain tells no schema.
      describe();
    }
    renew();
  }

  absl::Status start() {
    for (const std::string& bootstrap : options_.bootstrap) {
      BITTENSOR_RETURN_IF_ERROR(check_bootstrap(bootstrap));
    }
    BITTENSOR_RETURN_IF_ERROR(parse_address(join_host_port(host_, 1)).status());
    MutexLock lock(mutex_);
    if (started_) return absl::FailedPreconditionError("the metagraph was started before");
    if (chain_ != nullptr) {
      if (!own_) return absl::FailedPreconditionError("on a chain, subscribe() comes first");
      BITTENSOR_RETURN_IF_ERROR(chain_->start(own_->axon_address));
      started_ = true;
      return absl::OkStatus();
    }
    read_cache();
    // The first round is posted, and comes here (renew) when the lock is free.
    BITTENSOR_RETURN_IF_ERROR(gossip_->start());
    started_ = true;
    if (own_) describe();
    return absl::OkStatus();
  }

  void stop() {
    StatementPtr farewell;
    {
      MutexLock lock(mutex_);
      if (!started_ || stopped_) return;
      stopped_ = true;
      if (chain_ == nullptr) farewell = publisher_.farewell(executor_.unix_ms());
    }
    if (chain_ != nullptr) return chain_->stop();
    write_cache();  // Before the farewell: it may be cut short.
    gossip_->stop(std::move(farewell), options_.farewell);
  }

  std::string address() const {
    if (gossip_ == nullptr) return "";
    const auto listening = parse_address(gossip_->listen_address());
    return listening.ok() ? join_host_port(host_, listening->port) : "";
  }

  std::vector<SynapseRecord> get_synapses(std::size_t n) const {
    const Gossip::Snapshot snapshot = this->snapshot();
    std::vector<SynapseRecord> synapses;
    for (const StatementPtr& record : best(proven_others(*snapshot), n)) {
      synapses.push_back(record_of(*record));
    }
    MutexLock lock(mutex_);
    if (synapses.empty() && n > 0 && own_) synapses.push_back(*own_);
    return synapses;
  }

  std::size_t size() const { return others(*snapshot()).size(); }
  std::size_t proven() const { return proven_others(*snapshot()).size(); }

  bool said_goodbye(const PublicKey& key) const {
    return gossip_ != nullptr && gossip_->said_goodbye(key);
  }

  at::Tensor get_weights(const std::vector<SynapseRecord>& synapses) const {
    std::vector<PublicKey> keys;
    for (const SynapseRecord& synapse : synapses) keys.push_back(synapse.key);
    return at::tensor(weights_.of(keys), at::kFloat);
  }

  double get_weight(const PublicKey& key) const { return weights_.of({key}).front(); }

  void set_weights(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights) {
    const auto n = static_cast<std::int64_t>(synapses.size());
    BITTENSOR_CHECK(weights.dim() == 1 && weights.size(0) == n) << weights.sizes() << ", " << n;
    const at::Tensor values = weights.detach().to(at::kCPU, at::kFloat).contiguous();
    WeightRow row;
    for (std::int64_t i = 0; i < n; ++i) {
      row.emplace_back(synapses[static_cast<std::size_t>(i)].key, values.data_ptr<float>()[i]);
    }
    set_weights(row);
  }

  WeightRow weights() const { return weights_.largest(std::numeric_limits<std::size_t>::max()); }

  void set_weights(const WeightRow& row) {
    weights_.set(row);
    WeightRow largest = weights_.largest(kMaxRowWeights);
    MutexLock lock(mutex_);
    publisher_.set_row(std::move(largest));
  }

  WeightMatrix weight_matrix() const {
    const Gossip::Snapshot snapshot = this->snapshot();
    std::vector<PublicKey> keys{self_};
    for (const StatementPtr& record : others(*snapshot)) {
      if (keys.size() < kMaxMatrix) keys.push_back(record->key);
    }
    std::vector<std::pair<PublicKey, WeightRow>> rows;
    for (const StatementPtr& row : snapshot->rows) {
      if (row->key != self_) rows.emplace_back(row->key, weights_in(*row));
    }
    rows.emplace_back(self_, weights_.largest(std::numeric_limits<std::size_t>::max()));
    return make_weight_matrix(std::move(keys), rows);
  }

  Stats stats() const {
    if (chain_ != nullptr) return {chain_->reads(), 0, 0, 0};
    const Gossip::Stats stats = gossip_->stats();
    return {stats.rounds, stats.failed_calls, stats.bytes_sent, stats.refused};
  }

 private:
  Gossip::Snapshot snapshot() const {
    return chain_ != nullptr ? chain_->snapshot() : gossip_->snapshot();
  }

  ChainPeers::Options chain_options() const {
    ChainPeers::Options options;
    options.netuid = options_.netuid;
    if (!options_.cache_file.empty()) {
      options.commit_file = std::filesystem::path(options_.cache_file).replace_extension("commit");
    }
    return options;
  }

  Gossip::Options gossip_options() {
    Gossip::Options options;
    options.listen_address = options_.listen_address;
    options.bootstrap = options_.bootstrap;
    options.round = options_.round;
    options.max_records = options_.max_records;
    options.difficulty = options_.difficulty;
    // The pointer holds: stop() waits for a round that runs, and no other follows.
    options.on_round = [this] {
      renew();
      write_cache_if_due();
    };
    return options;
  }

  // Tells the publisher who and where this neuron is.
  void describe() BITTENSOR_REQUIRES(mutex_) {
    v1::Record record;
    record.set_axon_address(own_->axon_address);
    record.set_metagraph_address(address());
    *record.mutable_schema() = to_proto(own_->schema);
    record.set_work(work_);
    publisher_.set_record(std::move(record));
  }

  void renew() BITTENSOR_EXCLUDES(mutex_) {
    const std::size_t neurons = gossip_->snapshot()->records.size();
    const std::int64_t newest_of_self = gossip_->newest_of_self();
    MutexLock lock(mutex_);
    if (stopped_) return;  // Nothing may follow the farewell.
    for (StatementPtr& statement : publisher_.due(executor_.unix_ms(), neurons, newest_of_self)) {
      gossip_->publish(std::move(statement));
    }
  }

  std::vector<StatementPtr> others(const RecordStore::Content& content) const {
    std::vector<StatementPtr> others;
    for (const StatementPtr& record : content.records) {
      if (record->key != self_) others.push_back(record);
    }
    return others;
  }

  // Those that answered at the host where their axon is said to be.
  std::vector<StatementPtr> proven_others(const RecordStore::Content& content) const {
    std::vector<StatementPtr> proven;
    for (std::size_t i = 0; i < content.records.size(); ++i) {
      const StatementPtr& record = content.records[i];
      if (content.proven[i] && record->key != self_ && serves_where_it_gossips(*record)) {
        proven.push_back(record);
      }
    }
    return proven;
  }

  // The `n` that count most. Ties are broken by keys as seen from this neuron's own, so
  // that not all neurons begin with the same few.
  std::vector<StatementPtr> best(std::vector<StatementPtr> records, std::size_t n) const {
    std::vector<PublicKey> keys;
    for (const StatementPtr& record : records) keys.push_back(record->key);
    const std::vector<float> weights = weights_.of(keys);
    std::vector<std::tuple<float, std::string, std::size_t>> order;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::string distance(keys[i].bytes());
      for (std::size_t j = 0; j < distance.size(); ++j) {
        distance[j] = static_cast<char>(distance[j] ^ self_.bytes()[j]);
      }
      order.emplace_back(-weights[i], std::move(distance), i);
    }
    n = std::min(n, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end());
    std::vector<StatementPtr> chosen;
    for (std::size_t i = 0; i < n; ++i) {
      chosen.push_back(std::move(records[std::get<2>(order[i])]));
    }
    return chosen;
  }

  void read_cache() {
    if (options_.cache_file.empty()) return;
    auto addresses = read_addresses(options_.cache_file);
    if (addresses.ok()) {
      gossip_->add_addresses(*addresses);
    } else if (!absl::IsNotFound(addresses.status())) {
      spdlog::warn("metagraph: begins without its cache: {}", addresses.status().ToString());
    }
  }

  void write_cache_if_due() BITTENSOR_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (stopped_ || executor_.now() < cache_due_) return;
      cache_due_ = executor_.now() + kCacheEvery;
    }
    write_cache();
  }

  void write_cache() BITTENSOR_EXCLUDES(cache_mutex_) {
    if (options_.cache_file.empty()) return;
    std::vector<std::string> addresses = gossip_->addresses(kMaxCachedAddresses);
    MutexLock lock(cache_mutex_);
    if (addresses == cached_) return;
    const absl::Status written = write_addresses(options_.cache_file, addresses);
    // Once, not with each change of who is known.
    if (!written.ok() && !cache_failed_) spdlog::warn("metagraph: {}", written.ToString());
    cache_failed_ = !written.ok();
    if (written.ok()) cached_ = std::move(addresses);  // If not, the next round tries again.
  }

  const Options options_;
  const PublicKey self_;
  Executor& executor_;
  const std::string host_;
  OwnWeights weights_;
  const std::shared_ptr<Gossip> gossip_;     // null on a chain
  const std::unique_ptr<ChainPeers> chain_;  // null without one
  const std::uint64_t work_;                 // of records

  mutable Mutex mutex_;
  Publisher publisher_ BITTENSOR_GUARDED_BY(mutex_);
  std::optional<SynapseRecord> own_ BITTENSOR_GUARDED_BY(mutex_);
  bool started_ BITTENSOR_GUARDED_BY(mutex_) = false;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;
  TimePoint cache_due_ BITTENSOR_GUARDED_BY(mutex_){};

  Mutex cache_mutex_;  // held while the file is written
  std::vector<std::string> cached_ BITTENSOR_GUARDED_BY(cache_mutex_);
  bool cache_failed_ BITTENSOR_GUARDED_BY(cache_mutex_) = false;
};

Metagraph::Metagraph(Options options, Transport& transport, const Wallet& wallet,
                     Executor& executor)
    : impl_(std::make_unique<Impl>(std::move(options), transport, wallet, executor)) {}

Metagraph::~Metagraph() {
  stop();
}

void Metagraph::subscribe(const Schema& schema, int axon_port) {
  impl_->subscribe(schema, axon_port);
}
absl::Status Metagraph::start() {
  return impl_->start();
}
void Metagraph::stop() {
  impl_->stop();
}
std::string Metagraph::address() const {
  return impl_->address();
}
std::vector<SynapseRecord> Metagraph::get_synapses(std::size_t n) const {
  return impl_->get_synapses(n);
}
std::size_t Metagraph::size() const {
  return impl_->size();
}
std::size_t Metagraph::proven() const {
  return impl_->proven();
}
bool Metagraph::said_goodbye(const PublicKey& key) const {
  return impl_->said_goodbye(key);
}
at::Tensor Metagraph::get_weights(const std::vector<SynapseRecord>& synapses) const {
  return impl_->get_weights(synapses);
}
double Metagraph::get_weight(const PublicKey& key) const {
  return impl_->get_weight(key);
}
void Metagraph::set_weights(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights) {
  impl_->set_weights(synapses, weights);
}
WeightRow Metagraph::weights() const {
  return impl_->weights();
}
void Metagraph::set_weights(const WeightRow& weights) {
  impl_->set_weights(weights);
}
Metagraph::WeightMatrix Metagraph::weight_matrix() const {
  return impl_->weight_matrix();
}
Metagraph::Stats Metagraph::stats() const {
  return impl_->stats();
}

}  // namespace bittensor
