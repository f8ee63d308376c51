// SPDX-License-Identifier: MIT
#include "bittensor/dashboard/dashboard.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bittensor {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kPatienceMs = 20'000;

// A browser's side of a connection: bytes, right or wrong.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<unsigned short>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }
  // Reads until `end` has come `times` times or the connection ends; what came.
  std::string read_until(const std::string& end, int times = 1) {
    std::size_t from = 0;
    while (true) {
      for (std::size_t at; times > 0 && (at = read_.find(end, from)) != read_.npos; --times) {
        from = at + end.size();
      }
      from = std::max(from, read_.size() - std::min(read_.size(), end.size() - 1));
      if (times == 0 || !read_more()) return read_;
    }
  }
  std::string read_all() {
    while (read_more()) {
    }
    return read_;
  }

 private:
  bool read_more() {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) <= 0) return false;
    char piece[65536];
    const ssize_t n = ::recv(socket_, piece, sizeof piece, 0);
    if (n <= 0) return false;
    read_.append(piece, static_cast<std::size_t>(n));
    return true;
  }

  const int socket_;
  bool connected_ = false;
  std::string read_;
};

std::unique_ptr<Dashboard> start(
    Dashboard::Options options = {},
    Dashboard::State state = [] { return std::string(R"({"version":1})"); }) {
  auto dashboard = Dashboard::start(std::move(options), std::move(state));
  EXPECT_TRUE(dashboard.ok()) << dashboard.status();
  return std::move(*dashboard);
}

std::string get(const std::string& target, const std::string& more = "") {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", more,
                      "\r\n");
}

std::string answer(const Dashboard& dashboard, const std::string& request) {
  Client client(dashboard.port());
  client.send(request);
  return client.read_all();
}

TEST(Dashboard, GivesThePageWithAPolicyThatKeepsItToItself) {
  const auto dashboard = start();
  const std::string page = answer(*dashboard, get("/"));
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(page, HasSubstr("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("frame-ancestors 'none'"));
}

TEST(Dashboard, GivesTheState) {
  const auto dashboard = start();
  const std::string state = answer(*dashboard, get("/api/state"));
  EXPECT_THAT(state, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(state, HasSubstr("application/json"));
  EXPECT_THAT(state, HasSubstr(R"({"version":1})"));
  EXPECT_THAT(dashboard->url(), absl::StrCat("http://127.0.0.1:", dashboard->port(), "/"));
}

TEST(Dashboard, ConnectionsAreKept) {
  const auto dashboard = start();
  Client client(dashboard->port());
  client.send(
      "GET /api/state HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "HEAD /api/state HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.read_until("HTTP/1.1 200 ", 2), HasSubstr(R"({"version":1})"));
}

TEST(Dashboard, TellsEachNewState) {
  std::atomic<int> number{0};
  Dashboard::Options options;
  options.interval = milliseconds(5);
  const auto dashboard = start(options, [&] { return absl::StrCat(++number); });
  Client client(dashboard->port());
  client.send(get("/api/events"));
  const std::string events = client.read_until("\n\n", 4);
  EXPECT_THAT(events, HasSubstr("text/event-stream"));
  EXPECT_THAT(events, HasSubstr("data: 1\n\n"));
  EXPECT_THAT(events, HasSubstr("data: 2\n\n"));
}

TEST(Dashboard, NobodyLooksNobodyMakesStates) {
  std::atomic<int> made{0};
  Dashboard::Options options;
  options.interval = milliseconds(1);
  const auto dashboard = start(options, [&] { return absl::StrCat(++made); });
  for (int i = 0; i < 20; ++i) answer(*dashboard, get("/"));
  EXPECT_EQ(made, 0);
}

TEST(Dashboard, DearStatesAreMadeSeldom) {
  std::atomic<int> made{0};
  const auto dashboard = start({}, [&] {
    ++made;
    std::this_thread::sleep_for(milliseconds(100));
    return std::string("{}");
  });
  for (int i = 0; i < 50; ++i) answer(*dashboard, get("/api/state"));
  EXPECT_EQ(made, 1);  // The next is due after five seconds.
}

TEST(Dashboard, StateThatCannotBeMadeIsAnError) {
  const auto dashboard = start({}, []() -> std::string { throw std::runtime_error("no"); });
  EXPECT_THAT(answer(*dashboard, get("/api/state")), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer(*dashboard, get("/")), StartsWith("HTTP/1.1 200 "));
}

TEST(Dashboard, StateNeedsTheTokenThePageDoesNot) {
  Dashboard::Options options;
  options.token = "0123456789abcdef";
  const auto dashboard = start(options);
  EXPECT_THAT(answer(*dashboard, get("/")), StartsWith("HTTP/1.1 200 "));
  for (const char* target : {"/api/state", "/api/events", "/api/state?token=0123456789abcdee"}) {
    EXPECT_THAT(answer(*dashboard, get(target)), StartsWith("HTTP/1.1 401 ")) << target;
  }
  EXPECT_THAT(answer(*dashboard, get("/api/state?token=0123456789abcdef")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer(*dashboard, get("/api/state", "Authorization: Bearer 0123456789abcdef\r\n")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(dashboard->url(), HasSubstr("/?token=0123456789abcdef"));
}

TEST(Dashboard, ForeignSitesAreRefused) {
  const auto dashboard = start();
  EXPECT_THAT(answer(*dashboard,
                     "GET /api/state HTTP/1.1\r\nHost: evil.example\r\nConnection: "
                     "close\r\n\r\n"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer(*dashboard, get("/api/events", "Origin: http://evil.example\r\n")),
              StartsWith("HTTP/1.1 403 "));
}

TEST(Dashboard, HostileRequestsAreAnsweredShortly) {
  const auto dashboard = start();
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "405"},
      {head + "Content-Length: 5\r\n\r\nhello", "413"},
      {head + "Content-Length: 99999999999999999999\r\n\r\n", "400"},
      {head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "413"},
      {head + "X: " + std::string(1'000'000, 'x') + "\r\n\r\n", "431"},
      {"GET /" + std::string(1'000'000, 'x') + " HTTP/1.1\r\n\r\n", "431"},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 19), "400"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
      {"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "400"},
      {get("/../../etc/passwd"), "404"},
      {get("http://evil.example/"), "404"},
      {get("/api/state/"), "404"},
      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "403"}};
  for (const auto& [request, status] : cases) {
    EXPECT_THAT(answer(*dashboard, request), StartsWith("HTTP/1.1 " + status))
        << request.substr(0, 100);
  }
  EXPECT_THAT(answer(*dashboard, get("/")), StartsWith("HTTP/1.1 200 "));
}

TEST(Dashboard, WhoSendsNoRequestIsCutOff) {
  Dashboard::Options options;
  options.request_timeout = milliseconds(50);
  const auto dashboard = start(options);
  Client silent(dashboard->port());
  Client slow(dashboard->port());
  slow.send("GET / HTTP/1.1\r\nHost: loc");
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(slow.read_all(), "");
}

TEST(Dashboard, WhoReadsNothingIsCutOffAndHoldsUpNobody) {
  std::atomic<int> number{0};
  Dashboard::Options options;
  options.interval = milliseconds(5);
  options.write_timeout = milliseconds(3000);
  options.max_connections = 2;
  // More than sockets buffer.
  const std::string much(16 << 20, 'x');
  const auto dashboard = start(options, [&] { return absl::StrCat(++number, much); });
  Client hanging(dashboard->port());
  hanging.send(get("/api/events"));
  Client reading(dashboard->port());
  reading.send(get("/api/events"));
  EXPECT_NE(reading.read_until("\n\n", 3).find("data: 2x"), std::string::npos);
  // Its place is free in the end, and it got no more than was under way.
  std::string other;
  while (other.rfind("HTTP/1.1 200", 0) != 0) {
    Client client(dashboard->port());
    client.send(get("/"));
    other = client.read_until("\r\n");
  }
  EXPECT_LT(hanging.read_all().size(), much.size());
}

TEST(Dashboard, MoreConnectionsThanItTakesAreToldSo) {
  Dashboard::Options options;
  options.max_connections = 2;
  const auto dashboard = start(options);
  Client first(dashboard->port());
  Client second(dashboard->port());
  for (Client* client : {&first, &second}) {
    client->send(get("/api/events"));
    client->read_until("data: ");
  }
  Client third(dashboard->port());
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503 "));
}

TEST(Dashboard, StopsWithBrowsersInAnyState) {
  const auto dashboard = start();
  const int port = dashboard->port();
  Client follows(port);
  follows.send(get("/api/events"));
  follows.read_until("data: ");
  Client slow(port);
  slow.send("GET / HT");
  Client kept(port);
  kept.send("GET /api/state HTTP/1.1\r\nHost: localhost\r\n\r\n");
  kept.read_until("}");
  dashboard->stop();
  dashboard->stop();
  follows.read_all();
  slow.read_all();
  EXPECT_FALSE(Client(port).connected());
}

TEST(Dashboard, StopsFromSeveralThreadsAtOnce) {
  const auto dashboard = start();
  std::vector<std::future<void>> stops;
  for (int i = 0; i < 4; ++i) {
    stops.push_back(std::async(std::launch::async, [&] { dashboard->stop(); }));
  }
}

TEST(Dashboard, StartsAgainOnItsPort) {
  Dashboard::Options options;
  {
    const auto dashboard = start();
    options.port = dashboard->port();
    answer(*dashboard, get("/"));
  }
  EXPECT_EQ(start(options)->port(), options.port);
}

TEST(Dashboard, SaysWhyItCannotStart) {
  const auto dashboard = start();
  Dashboard::Options options;
  options.port = dashboard->port();
  const auto state = [] { return std::string(); };
  const absl::Status taken = Dashboard::start(options, state).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(taken.message(), HasSubstr(absl::StrCat("port ", options.port)));
  options.listen_ip = "nowhere";
  options.token = "0123456789abcdef";
  EXPECT_EQ(Dashboard::start(options, state).status().code(), absl::StatusCode::kInvalidArgument);
  options.listen_ip = "0.0.0.0";
  options.token = "";
  EXPECT_THAT(Dashboard::start(options, state).status().message(), HasSubstr("--dashboard_token"));
}

}  // namespace
}  // namespace bittensor
