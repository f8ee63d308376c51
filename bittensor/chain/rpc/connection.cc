// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/connection.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr int kSliceMs = 100;  // of a wait, after which it looks whether it was cancelled
constexpr std::size_t kTlsPiece = 16 << 10;

// Closes it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class PlainConnection final : public Connection {
 public:
  PlainConnection(const Endpoint& endpoint, const RpcOptions& options)
      : name_(endpoint.to_string()), closed_(options.closed), wake_(eventfd(0, EFD_CLOEXEC)) {
    fcntl(wake_.get(), F_SETFL, O_NONBLOCK);
  }

  absl::Status connect(const Endpoint& endpoint, TimePoint deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error =
        getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0) return broken("find the host", gai_strerror(error));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
    absl::Status status = broken("connect", "it has no address");
    for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
      status = connect_to(*one, deadline);
      if (status.ok() || absl::IsCancelled(status)) break;
    }
    return status;
  }

  absl::Status write(absl::string_view bytes, TimePoint deadline) override {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BITTENSOR_RETURN_IF_ERROR(wait(POLLOUT, deadline).status());
      } else if (errno != EINTR) {
        return broken("write", std::strerror(errno));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::size_t> read(char* into, std::size_t size, TimePoint deadline) override {
    while (true) {
      const ssize_t got = recv(socket_.get(), into, size, 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) return absl::OutOfRangeError(absl::StrCat(name_, ": it closed the connection"));
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BITTENSOR_ASSIGN_OR_RETURN(const bool woken, wait(POLLIN, deadline));
        if (woken) return std::size_t{0};
      } else if (errno != EINTR) {
        return broken("read", std::strerror(errno));
      }
    }
  }

  void wake() override {
    const std::uint64_t one = 1;
    // It fails only if it is full, and then it wakes as well.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  absl::Status broken(absl::string_view doing, absl::string_view why) const {
    return absl::UnavailableError(absl::StrCat(name_, ": cannot ", doing, ": ", why));
  }
  const std::string& name() const { return name_; }

 private:
  absl::Status connect_to(const addrinfo& address, TimePoint deadline) {
    socket_ = Descriptor(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) != 0) {
      if (errno != EINPROGRESS) return broken("connect", std::strerror(errno));
      BITTENSOR_RETURN_IF_ERROR(wait(POLLOUT, deadline).status());
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return broken("connect", std::strerror(error));
    }
    const int yes = 1;
    setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return absl::OkStatus();
  }

  // Until the socket is ready: false; or, while it waits to read, until it was woken: true.
  absl::StatusOr<bool> wait(short events, TimePoint deadline) {
    while (true) {
      if (closed_ != nullptr && *closed_) return absl::CancelledError("the client was closed");
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) {
        return absl::DeadlineExceededError(absl::StrCat(name_, ": no answer in time"));
      }
      pollfd ready[2] = {{socket_.get(), events, 0}, {wake_.get(), POLLIN, 0}};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
      const int slice = static_cast<int>(std::min<std::int64_t>(left.count() + 1, kSliceMs));
      if (poll(ready, events == POLLIN ? 2 : 1, slice) < 0 && errno != EINTR) {
        return broken("wait", std::strerror(errno));
      }
      if (ready[0].revents != 0) return false;
      if (ready[1].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
        return true;
      }
    }
  }

  const std::string name_;
  const std::shared_ptr<const std::atomic<bool>> closed_;
  Descriptor socket_{-1};
  const Descriptor wake_;
};

std::string tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "it failed" : reason;
}

// TLS between memory and the connection below, which alone touches the socket.
class TlsConnection final : public Connection {
 public:
  explicit TlsConnection(std::unique_ptr<PlainConnection> below)
      : below_(std::move(below)), context_(nullptr, SSL_CTX_free), tls_(nullptr, SSL_free) {}

  absl::Status begin(const Endpoint& endpoint, const RpcOptions& options, TimePoint deadline) {
    BITTENSOR_RETURN_IF_ERROR(prepare(endpoint, options));
    while (true) {
      ERR_clear_error();
      const int done = SSL_connect(tls_.get());
      const int error = SSL_get_error(tls_.get(), done);
      BITTENSOR_RETURN_IF_ERROR(flush(deadline));
      if (done == 1) return absl::OkStatus();
      if (error != SSL_ERROR_WANT_READ) return refused();
      BITTENSOR_RETURN_IF_ERROR(fill(deadline).status());
    }
  }

  absl::Status write(absl::string_view bytes, TimePoint deadline) override {
    while (!bytes.empty()) {
      const std::size_t piece = std::min(bytes.size(), kTlsPiece);
      ERR_clear_error();
      // Into memory, which takes everything.
      if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(piece)) <= 0) {
        return below_->broken("write", tls_error());
      }
      bytes.remove_prefix(piece);
      BITTENSOR_RETURN_IF_ERROR(flush(deadline));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::size_t> read(char* into, std::size_t size, TimePoint deadline) override {
    while (true) {
      ERR_clear_error();
      const int got = SSL_read(tls_.get(), into, static_cast<int>(std::min(size, kTlsPiece)));
      if (got > 0) return static_cast<std::size_t>(got);
      const int error = SSL_get_error(tls_.get(), got);
      BITTENSOR_RETURN_IF_ERROR(flush(deadline));
      if (error == SSL_ERROR_ZERO_RETURN) {
        return absl::OutOfRangeError(absl::StrCat(below_->name(), ": it closed the connection"));
      }
      if (error != SSL_ERROR_WANT_READ) return below_->broken("read", tls_error());
      BITTENSOR_ASSIGN_OR_RETURN(const std::size_t came, fill(deadline));
      if (came == 0) return std::size_t{0};
    }
  }

  void wake() override { below_->wake(); }

 private:
  absl::Status prepare(const Endpoint& endpoint, const RpcOptions& options) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ERR_clear_error();
    const bool system = options.ca_file.empty();
    if ((system ? SSL_CTX_set_default_verify_paths(context_.get())
                : SSL_CTX_load_verify_file(context_.get(), options.ca_file.c_str())) != 1) {
      return absl::InvalidArgumentError(absl::StrCat("cannot read the certificates of ",
                                                     system ? "the system" : options.ca_file, ": ",
                                                     tls_error()));
    }
    tls_.reset(SSL_new(context_.get()));
    SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    in6_addr address{};
    const bool is_address = inet_pton(AF_INET, endpoint.host.c_str(), &address) == 1 ||
                            inet_pton(AF_INET6, endpoint.host.c_str(), &address) == 1;
    const bool taken =
        is_address
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), endpoint.host.c_str()) == 1
            : SSL_set1_host(tls_.get(), endpoint.host.c_str()) == 1 &&
                  SSL_set_tlsext_host_name(tls_.get(), endpoint.host.c_str()) == 1;
    if (!taken) return absl::InvalidArgumentError(absl::StrCat(endpoint.host, " is no host"));
    return absl::OkStatus();
  }

  absl::Status refused() {
    const long verified = SSL_get_verify_result(tls_.get());
    const std::string why =
        verified == X509_V_OK ? tls_error() : X509_verify_cert_error_string(verified);
    return absl::PermissionDeniedError(absl::StrCat(below_->name(), ": TLS: ", why));
  }

  // Sends what TLS has to say.
  absl::Status flush(TimePoint deadline) {
    char piece[kTlsPiece];
    int size = 0;
    while ((size = BIO_read(SSL_get_wbio(tls_.get()), piece, sizeof piece)) > 0) {
      BITTENSOR_RETURN_IF_ERROR(below_->write({piece, static_cast<std::size_t>(size)}, deadline));
    }
    return absl::OkStatus();
  }

  // Gives TLS what comes; 0: woken.
  absl::StatusOr<std::size_t> fill(TimePoint deadline) {
    char piece[kTlsPiece];
    BITTENSOR_ASSIGN_OR_RETURN(const std::size_t came, below_->read(piece, sizeof piece, deadline));
    if (came > 0) BIO_write(SSL_get_rbio(tls_.get()), piece, static_cast<int>(came));
    return came;
  }

  const std::unique_ptr<PlainConnection> below_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::open(const Endpoint& endpoint,
                                                             const RpcOptions& options,
                                                             TimePoint deadline) {
  auto plain = std::make_unique<PlainConnection>(endpoint, options);
  BITTENSOR_RETURN_IF_ERROR(plain->connect(endpoint, deadline));
  if (!endpoint.tls) return std::unique_ptr<Connection>(std::move(plain));
  auto tls = std::make_unique<TlsConnection>(std::move(plain));
  absl::Status status = tls->begin(endpoint, options, deadline);
  // Cut off in the middle of the handshake: nobody knows why.
  if (absl::IsOutOfRange(status)) status = absl::UnavailableError(status.message());
  BITTENSOR_RETURN_IF_ERROR(status);
  return std::unique_ptr<Connection>(std::move(tls));
}

}  // namespace bittensor
