// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "bittensor/base/mutex.h"
#include "bittensor/transport/transport.h"

namespace bittensor {

// The peers of one process. Transports that share a switchboard reach each
// other by address, without sockets: tests and simulations use thousands.
//
// Handlers and on_reply run on `executor`, which must outlive the switchboard; the
// switchboard must outlive its transports and their listeners. Thread-safe.
class Switchboard {
 public:
  explicit Switchboard(Executor& executor) : executor_(executor) {}

  // `host` is what the others see as Request::peer. Port 0 of listen() is a number no
  // other address of the switchboard has. Listener::close() does not wait for its
  // deadline, which may be a ManualExecutor's: it leaves the cut to the executor.
  std::unique_ptr<Transport> make_transport(std::string host = "127.0.0.1");

 private:
  friend class InProcessTransport;
  friend class InProcessListener;
  class Server;

  absl::StatusOr<std::string> add(const std::string& address, std::shared_ptr<Server> server)
      BITTENSOR_EXCLUDES(mutex_);
  std::shared_ptr<Server> find(const std::string& address) BITTENSOR_EXCLUDES(mutex_);
  void remove(const std::string& address) BITTENSOR_EXCLUDES(mutex_);

  Executor& executor_;
  Mutex mutex_;
  std::uint16_t last_port_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<Server>> servers_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
