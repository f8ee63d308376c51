// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/acceptor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bittensor/base/status_macros.h"

namespace bittensor::grpc_internal {
namespace {

constexpr rlim_t kReserve = 64;  // files that connections of strangers leave free
constexpr int kPauseMs = 100;    // before the next try when there are none at all

absl::Status cannot_listen(const Address& address, int error) {
  const std::string message =
      absl::StrCat("cannot listen at ", address.to_string(), ": ", std::strerror(error));
  switch (error) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(message);
    case EACCES:
      return absl::PermissionDeniedError(message);
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return absl::InvalidArgumentError(message);
    default:
      return absl::UnavailableError(message);
  }
}

// The listening socket, or minus the error.
int open_socket(const addrinfo& where) {
  const int descriptor = socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  const int off = 0;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(descriptor, where.ai_addr, where.ai_addrlen) == 0 &&
      listen(descriptor, SOMAXCONN) == 0) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  return -error;
}

absl::StatusOr<int> open_at(const Address& address, const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen at ", address.to_string(), ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &freeaddrinfo);
  const int descriptor = open_socket(*found);
  if (descriptor < 0) return cannot_listen(address, -descriptor);
  return descriptor;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  // The port lies at the same place in both.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// The first descriptor that is in reserve: the system gives out the lowest that is free.
int first_reserved() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1 << 30;
  const rlim_t files = std::min<rlim_t>(limit.rlim_cur, 1 << 30);
  return static_cast<int>(files - std::min(kReserve, files / 4));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::listen(const Address& address) {
  absl::StatusOr<int> descriptor = absl::InvalidArgumentError("");
  const bool anywhere = address.host == "0.0.0.0" || address.host == "::";
  if (anywhere) descriptor = open_at(address, "::");  // takes IPv4 too
  // A machine without IPv6.
  if (!anywhere || absl::IsInvalidArgument(descriptor.status())) {
    descriptor = open_at(address, address.host);
  }
  BITTENSOR_RETURN_IF_ERROR(descriptor.status());
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) {
    const int error = errno;
    close(*descriptor);
    return cannot_listen(address, error);
  }
  return std::unique_ptr<Acceptor>(new Acceptor(*descriptor, wake, port_of(*descriptor)));
}

Acceptor::~Acceptor() {
  stop();
  close(wake_);
}

void Acceptor::start(Take take) {
  thread_ = std::thread([this, take = std::move(take)] { run(take); });
}

void Acceptor::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  if (listening_ >= 0) close(std::exchange(listening_, -1));
}

bool Acceptor::wait(bool for_connection, int timeout_ms) const {
  pollfd events[] = {{wake_, POLLIN, 0}, {listening_, POLLIN, 0}};
  poll(events, for_connection ? 2 : 1, timeout_ms);
  return events[0].revents == 0;
}

void Acceptor::run(const Take& take) {
  while (wait(/*for_connection=*/true, -1)) {
    const int descriptor = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
      const bool passes = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      // Out of files or memory: whoever waits in the system's queue may wait a little longer.
      if (!passes) wait(/*for_connection=*/false, kPauseMs);
      continue;
    }
    if (descriptor >= first_reserved()) {
      close(descriptor);
      continue;
    }
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    take(descriptor);
  }
}

}  // namespace bittensor::grpc_internal
