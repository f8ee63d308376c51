// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/event_loop.h"

namespace bittensor::grpc_internal {

void EventLoop::stop() {
  if (!thread_.joinable()) return;
  queue_->Shutdown();
  thread_.join();
}

void EventLoop::run() {
  void* tag = nullptr;
  for (bool ok = false; queue_->Next(&tag, &ok);) static_cast<Event*>(tag)->happened(ok);
}

}  // namespace bittensor::grpc_internal
