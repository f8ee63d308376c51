// SPDX-License-Identifier: MIT
#include "bittensor/watch/metrics_server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bittensor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(2);  // with one caller
constexpr int kBacklog = 16;

absl::Status cannot_listen(const std::string& address, const std::string& why) {
  return absl::UnavailableError(absl::StrCat("metrics: cannot listen at ", address, ": ", why));
}

// Blocks until `fd` is ready for `events` or the time is up; whether it is ready.
bool wait_for(int fd, short events, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd waited{fd, events, 0};
  return left > 0 && poll(&waited, 1, static_cast<int>(left)) > 0;
}

std::string read_head(int fd, Clock::time_point until) {
  std::string head;
  char piece[1024];
  while (head.size() < MetricsServer::kMaxRequestBytes && !absl::StrContains(head, "\r\n\r\n")) {
    if (!wait_for(fd, POLLIN, until)) return "";
    const ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got <= 0) return "";
    head.append(piece, static_cast<std::size_t>(got));
  }
  return head;
}

void send_all(int fd, const std::string& bytes, Clock::time_point until) {
  std::size_t sent = 0;
  while (sent < bytes.size() && wait_for(fd, POLLOUT, until)) {
    const ssize_t done = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (done <= 0 && errno != EAGAIN) return;
    sent += static_cast<std::size_t>(std::max<ssize_t>(done, 0));
  }
}

std::string response(const std::string& status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status,
                      "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8",
                      "\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n\r\n", body);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::listen(
    const std::string& address, std::function<std::string()> page) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return cannot_listen(address, "it is not host:port");
  std::string host = address.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = address.substr(colon + 1);
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); error != 0) {
    return cannot_listen(address, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> to(found, &freeaddrinfo);
  File listening(socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(listening.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!listening.is_open() || bind(listening.fd(), to->ai_addr, to->ai_addrlen) != 0 ||
      ::listen(listening.fd(), kBacklog) != 0) {
    return cannot_listen(address, std::strerror(errno));
  }
  File stop(eventfd(0, EFD_CLOEXEC));
  if (!stop.is_open()) return cannot_listen(address, std::strerror(errno));
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::move(listening), std::move(stop), std::move(page)));
}

MetricsServer::MetricsServer(File listening, File stop, std::function<std::string()> page)
    : listening_(std::move(listening)),
      stop_(std::move(stop)),
      page_(std::move(page)),
      thread_([this] { run(); }) {}

MetricsServer::~MetricsServer() {
  eventfd_write(stop_.fd(), 1);
  thread_.join();
}

int MetricsServer::port() const {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (getsockname(listening_.fd(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  return own.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6&>(own).sin6_port)
                                   : ntohs(reinterpret_cast<sockaddr_in&>(own).sin_port);
}

void MetricsServer::run() {
  while (true) {
    pollfd waited[] = {{stop_.fd(), POLLIN, 0}, {listening_.fd(), POLLIN, 0}};
    if (poll(waited, 2, -1) < 0 && errno != EINTR) return;
    if (waited[0].revents != 0) return;
    const File caller(accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (caller.is_open()) {
      answer(caller);
    } else if (errno != EAGAIN) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // No more open files, say.
    }
  }
}

void MetricsServer::answer(const File& caller) const {
  const auto until = Clock::now() + kPatience;
  const std::string head = read_head(caller.fd(), until);
  if (head.empty()) return;
  const bool metrics =
      absl::StartsWith(head, "GET /metrics ") || absl::StartsWith(head, "GET /metrics?");
  send_all(
      caller.fd(),
      metrics ? response("200 OK", page_()) : response("404 Not Found", "only /metrics is here\n"),
      until);
}

}  // namespace bittensor
