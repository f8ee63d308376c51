// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

#include "bittensor/base/file.h"

namespace bittensor {

// The least of an HTTP server: it answers GET /metrics with a text, one caller after another, each
// within two seconds, and closes the connection. What else is asked for is not found.
//
// Runs on a thread of its own.
class MetricsServer {
 public:
  static constexpr std::size_t kMaxRequestBytes = 8192;

  // Listens at host:port, where the host is an address; port 0: any. kInvalidArgument or
  // kUnavailable, naming it, if it cannot. `page` makes the text, on the server's thread.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> listen(const std::string& address,
                                                               std::function<std::string()> page);

  // Stops: within two seconds, whatever the callers do.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // The port taken.
  int port() const;

 private:
  MetricsServer(File listening, File stop, std::function<std::string()> page);
  void run();
  void answer(const File& caller) const;

  const File listening_;
  const File stop_;  // readable once the server is to stop
  const std::function<std::string()> page_;
  std::thread thread_;
};

}  // namespace bittensor
