// SPDX-License-Identifier: MIT
#include "app/network_observer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/metagraph/gossip.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

constexpr auto kStep = std::chrono::milliseconds(100);
constexpr int kQuietSteps = 10;
constexpr auto kLatencyTimeout = std::chrono::seconds(1);
constexpr char kHealth[] = "grpc.health.v1.Health/Check";

std::string shape_of(const Schema& schema) {
  return absl::StrJoin(schema.shape, "x", [](std::string* out, std::int64_t size) {
    absl::StrAppend(out, size < 0 ? "?" : absl::StrCat(size));
  });
}

// Times of calls under way. Held by them, as some may end after nobody waits for them any more.
class Latencies {
 public:
  explicit Latencies(std::size_t calls) : times_(calls), open_(calls) {}

  void end(std::size_t call, std::optional<double> ms) {
    const std::lock_guard<std::mutex> lock(mutex_);
    times_[call] = ms;
    if (--open_ == 0) all_ended_.notify_one();
  }
  std::vector<std::optional<double>> wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    all_ended_.wait_for(lock, kLatencyTimeout, [this] { return open_ == 0; });
    return times_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::vector<std::optional<double>> times_;
  std::size_t open_;
};

}  // namespace

class NetworkObserver::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}
  ~Impl() {
    if (gossip_ != nullptr) gossip_->stop(nullptr, Duration::zero());
    if (transport_ != nullptr) transport_->close();
    executor_.stop();
  }

  absl::Status open(std::chrono::milliseconds patience) {
    for (const std::string& address : options_.addresses) {
      BITTENSOR_RETURN_IF_ERROR(parse_address(address).status());
    }
    BITTENSOR_ASSIGN_OR_RETURN(transport_, make_transport(options_.neuron, wallet_, executor_));
    gossip_ = std::make_shared<Gossip>(gossip_options(), *transport_, wallet_, executor_);
    BITTENSOR_RETURN_IF_ERROR(gossip_->start());
    std::size_t known = 0;
    int quiet = 0;
    for (auto waited = kStep * 0; waited < patience && quiet < kQuietSteps; waited += kStep) {
      if (StopSignal::wait_for(kStep)) return absl::CancelledError("stopped");
      const Gossip::Snapshot content = gossip_->snapshot();
      const std::size_t statements = content->records.size() + content->rows.size();
      quiet = statements == 0 || statements != known ? 0 : quiet + 1;
      known = statements;
    }
    if (known > 0) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("no neuron answers at ",
                                               absl::StrJoin(options_.addresses, ", "),
                                               ": give where one gossips (its --metagraph_port)"));
  }

  absl::StatusOr<std::vector<NeuronLine>> lines() const {
    const Gossip::Snapshot content = gossip_->snapshot();
    std::vector<PublicKey> keys;
    for (const StatementPtr& record : content->records) keys.push_back(record->key);
    keys.resize(std::min(keys.size(), kMaxYumaNeurons));
    std::vector<std::pair<PublicKey, WeightRow>> rows;
    for (const StatementPtr& row : content->rows) rows.emplace_back(row->key, weights_in(*row));
    BITTENSOR_ASSIGN_OR_RETURN(
        const YumaResult standing,
        standing_of(keys, rows, options_.stake ? &*options_.stake : nullptr));
    BITTENSOR_ASSIGN_OR_RETURN(const PublicKey asked, asked_of(content->records));

    std::vector<NeuronLine> lines;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      lines.push_back(line_of(*content->records[i]));
      lines.back().proven = content->proven[i];
      set_standing(lines.back(), standing, i);
      for (const auto& [key, row] : rows) {
        if (key == keys[i]) set_row(lines.back(), row);
        if (key == asked) lines.back().weight = weight_in(row, keys[i]);
      }
    }
    if (options_.latency) measure(lines);
    std::sort(lines.begin(), lines.end(),
              [](const NeuronLine& a, const NeuronLine& b) { return a.key < b.key; });
    return lines;
  }

  absl::StatusOr<SynapseRecord> record() const {
    const Gossip::Snapshot content = gossip_->snapshot();
    BITTENSOR_ASSIGN_OR_RETURN(const PublicKey asked, asked_of(content->records));
    for (std::size_t i = 0; i < content->records.size(); ++i) {
      const Statement& statement = *content->records[i];
      if (statement.key != asked) continue;
      if (content->proven[i]) return SynapseRecord{asked, statement.axon_address, statement.schema};
      return absl::UnavailableError(absl::StrCat(
          "neuron ", asked.short_hex(), " does not answer at ", statement.metagraph_address));
    }
    return absl::InvalidArgumentError(absl::StrCat("no neuron that serves a synapse is at ",
                                                   options_.addresses.front(),
                                                   ": say which one to ask by its key"));
  }

 private:
  Gossip::Options gossip_options() const {
    Gossip::Options options;
    options.listen_address = "127.0.0.1:0";
    options.bootstrap = options_.addresses;
    return options;
  }

  NeuronLine line_of(const Statement& record) const {
    NeuronLine line;
    line.key = record.key.hex();
    line.address = record.axon_address;
    line.modality = to_string(record.schema.modality);
    line.shape = shape_of(record.schema);
    line.age_s = static_cast<double>(executor_.unix_ms() - record.issued_ms) / 1000;
    return line;
  }

  static void set_standing(NeuronLine& line, const YumaResult& standing, std::size_t i) {
    constexpr double kWhole = 65535;
    line.rank = standing.rank[i] / kWhole;
    line.trust = standing.trust[i] / kWhole;
    line.consensus = standing.consensus[i] / kWhole;
    line.incentive = standing.incentive[i] / kWhole;
    line.dividends = standing.dividends[i] / kWhole;
  }

  static void set_row(NeuronLine& line, const WeightRow& row) {
    for (const auto& [key, weight] : row) {
      line.row.emplace_back(key.hex(), static_cast<double>(weight));
    }
  }

  static double weight_in(const WeightRow& row, const PublicKey& key) {
    const auto found =
        std::find_if(row.begin(), row.end(), [&](const auto& entry) { return entry.first == key; });
    return found == row.end() ? 0 : static_cast<double>(found->second);
  }

  // Whose weights are shown; nobody's if it is not known who is at the first address.
  absl::StatusOr<PublicKey> asked_of(const std::vector<StatementPtr>& records) const {
    const auto those_that = [&](const auto& condition) {
      std::vector<PublicKey> found;
      for (const StatementPtr& record : records) {
        if (condition(*record)) found.push_back(record->key);
      }
      return found;
    };
    if (options_.whose.empty()) {
      const std::string& address = options_.addresses.front();
      auto found = those_that([&](const Statement& s) { return s.metagraph_address == address; });
      // By another name of its host, such as localhost.
      const auto port = [](const std::string& text) {
        const auto parsed = parse_address(text);
        return parsed.ok() ? parsed->port : 0;
      };
      if (found.empty()) {
        found = those_that(
            [&](const Statement& s) { return port(s.metagraph_address) == port(address); });
      }
      return found.size() == 1 ? found.front() : PublicKey();
    }
    const auto found = those_that(
        [&](const Statement& s) { return absl::StartsWith(s.key.hex(), options_.whose); });
    if (found.size() == 1) return found.front();
    return absl::InvalidArgumentError(
        absl::StrCat(found.size(), " neurons have a key that begins with ", options_.whose));
  }

  // The second of two calls to each axon that is proven: the first finds the way.
  void measure(std::vector<NeuronLine>& lines) const {
    auto latencies = std::make_shared<Latencies>(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].proven) {
        latencies->end(i, std::nullopt);
        continue;
      }
      const std::string address = lines[i].address;
      call(address, [this, latencies, i, address](const Transport::Reply& first) {
        if (!first.ok()) return latencies->end(i, std::nullopt);
        const TimePoint begin = executor_.now();
        call(address, [this, latencies, i, begin](const Transport::Reply& second) {
          const std::chrono::duration<double, std::milli> time = executor_.now() - begin;
          latencies->end(i, second.ok() ? std::optional<double>(time.count()) : std::nullopt);
        });
      });
    }
    const auto times = latencies->wait();
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].latency_ms = times[i];
  }

  void call(const std::string& address, Transport::ReplyFn on_reply) const {
    transport_->call(address, kHealth, {}, executor_.now() + kLatencyTimeout, 1024,
                     std::move(on_reply));
  }

  const Options options_;
  const Wallet wallet_ = Wallet::create();
  mutable ThreadExecutor executor_;
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<Gossip> gossip_;
};

NetworkObserver::NetworkObserver(Options options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
NetworkObserver::~NetworkObserver() = default;

absl::Status NetworkObserver::open(std::chrono::milliseconds patience) {
  return impl_->open(patience);
}
absl::StatusOr<std::vector<NeuronLine>> NetworkObserver::lines() const {
  return impl_->lines();
}
absl::StatusOr<SynapseRecord> NetworkObserver::record() const {
  return impl_->record();
}

}  // namespace bittensor
