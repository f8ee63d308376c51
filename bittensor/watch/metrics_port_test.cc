// SPDX-License-Identifier: MIT
#include "bittensor/watch/metrics_port.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A connection to this machine's `port`.
int connected(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

// The whole answer to GET `path`.
std::string get(int port, const std::string& path) {
  const int fd = connected(port);
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char piece[4096];
  for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) {
    answer.append(piece, static_cast<std::size_t>(n));
  }
  close(fd);
  return answer;
}

TEST(MetricsPort, ShowsTheLastState) {
  const auto port = MetricsPort::listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  NeuronState state;
  state.training.step = 120;
  state.training.loss.local = 0.5;
  state.axon.served = 7;
  NeuronState::Peer peer;
  peer.key = "3f2a91c0aabb";
  peer.answered = 9;
  state.peers.push_back(peer);
  (*port)->update(state, {});
  const std::string text = get((*port)->port(), "/metrics");
  for (const char* part :
       {"bittensor_training_steps_total 120", "bittensor_training_loss{path=\"local\"} 0.5",
        "bittensor_peer_answered_total{peer=\"3f2a91c0\"} 9", "bittensor_axon_answered_total 7",
        "process_resident_memory_bytes", "# HELP bittensor_axon_answered_total"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("path=\"network\""))) << "what is not known is left out";
}

TEST(MetricsPort, ManyPeersAreBounded) {
  const auto port = MetricsPort::listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  NeuronState state;
  for (std::size_t i = 0; i < MetricsPort::kMaxPeers + 2; ++i) {
    NeuronState::Peer peer;
    peer.key = absl::StrCat(10'000'000 + i);
    peer.asked = 1;
    state.peers.push_back(peer);
  }
  (*port)->update(state, {});
  const std::string text = get((*port)->port(), "/metrics");
  EXPECT_THAT(text, HasSubstr("bittensor_peer_asked_total{peer=\"10000049\"} 1"));
  EXPECT_THAT(text, HasSubstr("bittensor_peer_asked_total{peer=\"other\"} 2"));
  EXPECT_THAT(text, Not(HasSubstr("10000050")));
}

TEST(MetricsPort, WhoSaysNothingIsHungUpOn) {
  const auto port = MetricsPort::listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  const int silent = connected((*port)->port());
  EXPECT_THAT(get((*port)->port(), "/metrics"), HasSubstr("200 OK")) << "after two seconds";
  close(silent);
}

TEST(MetricsPort, NothingElseIsThere) {
  const auto port = MetricsPort::listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  EXPECT_THAT(get((*port)->port(), "/"), HasSubstr("404"));
  EXPECT_EQ(get((*port)->port(), std::string(2 * MetricsServer::kMaxRequestBytes, 'x')).find("200"),
            std::string::npos);
}

TEST(MetricsPort, SaysWhichPortIsTaken) {
  const auto port = MetricsPort::listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  const std::string address = absl::StrCat("127.0.0.1:", (*port)->port());
  const auto second = MetricsPort::listen(address);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(address));
  for (const char* wrong : {"localhost", "nowhere:1", "127.0.0.1:x", ""}) {
    EXPECT_FALSE(MetricsPort::listen(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace bittensor
