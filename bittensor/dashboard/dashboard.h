// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace bittensor {

// A web page that shows what a neuron, or a whole swarm, does: its server, over plain HTTP/1.1.
//
//   GET /            the page (dashboard/), which holds all that it needs
//   GET /api/state   the state, as JSON (docs/dashboard.md)
//   GET /api/events  the same as server-sent events, one a second
//
// It only reads. The state is asked for while somebody looks, once a second at most, and less often
// where making it is dear: it takes no more than a fiftieth of the time of one thread. Browsers
// that read slowly miss states; what hangs is cut off. Runs on one thread of its own.
class Dashboard {
 public:
  struct Options {
    std::string listen_ip = "127.0.0.1";  // an address; others than this machine's need a token
    int port = 0;                         // 0: any free one
    // Who does not know it gets the page, which asks for it, and no state; empty: anybody.
    std::string token = {};
    std::size_t max_connections = 64;                   // more are answered with 503
    std::chrono::milliseconds request_timeout{10'000};  // for a request, or until the next one
    std::chrono::milliseconds write_timeout{30'000};    // for an answer, or one state
    std::chrono::milliseconds interval{1000};           // between two states
  };
  // Gives the state, JSON on one line. Called by the dashboard's thread; must not wait. What it
  // throws is answered with 500.
  using State = std::function<std::string()>;

  // Listens. kInvalidArgument if the address is none or the token cannot be one, kUnavailable if
  // the port is taken.
  static absl::StatusOr<std::unique_ptr<Dashboard>> start(Options options, State state);

  // Stops, as stop() does.
  ~Dashboard();
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;

  // Closes all connections, those under way too. When it returns, `state` is called no more. May be
  // called twice. Thread-safe.
  void stop();

  int port() const;
  // "http://127.0.0.1:8093/", with ?token= where there is one: what a user opens.
  std::string url() const;

 private:
  class Impl;
  explicit Dashboard(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace bittensor
