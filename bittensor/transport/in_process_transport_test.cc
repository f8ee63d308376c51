// SPDX-License-Identifier: MIT
#include "bittensor/transport/in_process_transport.h"

#include "bittensor/base/thread_executor.h"
#include "bittensor/transport/testing/transport_contract.h"

namespace bittensor::testing {
namespace {

class InProcessWorld final : public ManualWorld {
 public:
  std::unique_ptr<Transport> make_transport() override { return board_.make_transport(); }

 private:
  Switchboard board_{executor_};
};

class ThreadedInProcessWorld final : public ThreadedWorld {
 public:
  ~ThreadedInProcessWorld() override { executor_.stop(); }
  std::unique_ptr<Transport> make_transport() override { return board_.make_transport(); }

 private:
  ThreadExecutor executor_{3};
  Switchboard board_{executor_};
};

std::unique_ptr<TransportWorld> make_in_process_world() {
  return std::make_unique<InProcessWorld>();
}
std::unique_ptr<TransportWorld> make_threaded_in_process_world() {
  return std::make_unique<ThreadedInProcessWorld>();
}

INSTANTIATE_TEST_SUITE_P(InProcess, TransportContract, ::testing::Values(&make_in_process_world),
                         no_suffix);
INSTANTIATE_TEST_SUITE_P(ThreadedInProcess, TransportContract,
                         ::testing::Values(&make_threaded_in_process_world), no_suffix);

TEST(Switchboard, HandlerSeesTheHostOfItsCaller) {
  ManualExecutor executor;
  Switchboard board(executor);
  auto server = board.make_transport();
  auto client = board.make_transport("10.0.0.7");
  std::string peer;
  auto listener = server->listen("127.0.0.1:0", {"a.B/C"}, 100,
                                 [&](Transport::Request request, Transport::ReplyFn reply) {
                                   peer = request.peer;
                                   reply(Message());
                                 });
  ASSERT_TRUE(listener.ok());
  client->call((*listener)->address(), "a.B/C", Message(), executor.now() + std::chrono::seconds(1),
               100, [](const Transport::Reply&) {});
  executor.run();
  EXPECT_EQ(peer, "10.0.0.7");
}

TEST(Switchboard, AnyPortIsEachTimeAnother) {
  ManualExecutor executor;
  Switchboard board(executor);
  auto transport = board.make_transport();
  auto given = transport->listen("127.0.0.1:2", {"a.B/C"}, 100, echo);
  auto first = transport->listen("127.0.0.1:0", {"a.B/C"}, 100, echo);
  auto second = transport->listen("127.0.0.1:0", {"a.B/C"}, 100, echo);
  EXPECT_EQ((*first)->address(), "127.0.0.1:1");
  EXPECT_EQ((*second)->address(), "127.0.0.1:3");
}

}  // namespace
}  // namespace bittensor::testing
