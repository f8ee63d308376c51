// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

#include "ATen/ATen.h"
#include "bench/wire/round_trip.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bittensor/base/check.h"

namespace bittensor::bench {
namespace {

void write_all(int fd, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t done = write(fd, bytes, size);
    BITTENSOR_CHECK(done > 0);
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
}

// False at the end of the connection.
bool read_all(int fd, void* data, std::size_t size) {
  char* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t done = read(fd, bytes, size);
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

void send_message(int fd, const void* data, std::uint64_t size) {
  write_all(fd, &size, sizeof(size));
  write_all(fd, data, size);
}

bool receive_message(int fd, std::string& message) {
  std::uint64_t size = 0;
  if (!read_all(fd, &size, sizeof(size))) return false;
  if (message.size() != size) message.resize(size);
  return read_all(fd, message.data(), size);
}

void no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void echo_for_ever(int listener) {
  while (true) {
    const int fd = accept(listener, nullptr, nullptr);
    no_delay(fd);
    for (std::string message; receive_message(fd, message);) {
      send_message(fd, message.data(), message.size());
    }
    close(fd);
  }
}

class Tcp final : public RoundTrip {
 public:
  explicit Tcp(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BITTENSOR_CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    no_delay(fd_);
  }
  ~Tcp() override { close(fd_); }

  void call(const at::Tensor& x) override {
    send_message(fd_, x.data_ptr(), x.nbytes());
    BITTENSOR_CHECK(receive_message(fd_, answer_));
  }
  bool answered(const at::Tensor& x) const override {
    return answer_.size() == x.nbytes() &&
           std::memcmp(answer_.data(), x.data_ptr(), answer_.size()) == 0;
  }

 private:
  const int fd_;
  std::string answer_;
};

}  // namespace

int serve_tcp() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  BITTENSOR_CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BITTENSOR_CHECK(listen(listener, 8) == 0);
  BITTENSOR_CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  std::thread(echo_for_ever, listener).detach();
  return ntohs(address.sin_port);
}

std::unique_ptr<RoundTrip> tcp(int port) {
  return std::make_unique<Tcp>(port);
}

}  // namespace bittensor::bench
