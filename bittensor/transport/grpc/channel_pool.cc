// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/channel_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "bittensor/transport/grpc/credentials.h"

namespace bittensor::grpc_internal {
namespace {

// With its scheme, so that gRPC does not look for one in a stranger's bytes.
std::string target_of(const Address& address) {
  switch (address.kind) {
    case Address::Kind::kIpv4:
      return "ipv4:" + address.to_string();
    case Address::Kind::kIpv6:
      return absl::StrCat("ipv6:%5B", address.host, "%5D:", address.port);
    case Address::Kind::kName:
      break;
  }
  return "dns:///" + address.to_string();
}

grpc::ChannelArguments arguments(int max_message_bytes) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(max_message_bytes);
  args.SetMaxSendMessageSize(-1);

  // A peer that restarts is found again within a second; one that does not answer the
  // connection within five is given up.
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  args.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);

  // A connection whose other end is gone without a word is noticed while calls wait on it.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, 5 * 60 * 1'000);

  // A pool of its own, or a connection would outlive its channel and be shared with
  // other transports of the process.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // No trace of what happens to each, which nobody reads.
  args.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  args.SetInt(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
  // Callers decide whether to ask again; a copy for gRPC to send again costs memory.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Peers are reached directly: http_proxy in the environment is meant for the web.
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The name server of a stranger's name does not configure us.
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // Only "identity": a small compressed message may unfold into any number of bytes.
  args.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  return args;
}

}  // namespace

std::shared_ptr<grpc::GenericStub> ChannelPool::get(const Address& address,
                                                    const std::string& neuron, TimePoint now) {
  const std::string key = tls_ ? address.to_string() + neuron : address.to_string();
  std::vector<std::shared_ptr<grpc::GenericStub>> dropped;  // Destroyed outside the lock.
  MutexLock lock(mutex_);
  Channel* channel = channels_.use(key);
  if (channel == nullptr) channel = &channels_.add(key, {connect(address, neuron), now});
  channel->asked_for = now;
  dropped = drop_old(now);
  return channel->stub;
}

std::vector<std::shared_ptr<grpc::GenericStub>> ChannelPool::drop_old(TimePoint now) {
  std::vector<std::shared_ptr<grpc::GenericStub>> dropped;
  while (channels_.size() > 1) {  // The last is what was asked for.
    const auto oldest = channels_.begin();
    const bool is_idle = now - oldest->second.asked_for > kMaxIdle;
    if (!is_idle && channels_.size() <= max_channels_) break;
    dropped.push_back(std::move(oldest->second.stub));
    channels_.erase(oldest);
  }
  return dropped;
}

std::shared_ptr<grpc::GenericStub> ChannelPool::connect(const Address& address,
                                                        const std::string& neuron) const {
  return std::make_shared<grpc::GenericStub>(grpc::CreateCustomChannel(
      target_of(address), channel_credentials(tls_, neuron), arguments(max_message_bytes_)));
}

}  // namespace bittensor::grpc_internal
