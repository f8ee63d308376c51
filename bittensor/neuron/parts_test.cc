// SPDX-License-Identifier: MIT
#include "bittensor/neuron/parts.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Parts, JoinedRequestsHaveNoMoreRowsThanOneMayHave) {
  NeuronOptions options;
  options.axon.max_rows = 16;
  EXPECT_EQ(axon_options(options).max_rows, 16);
  EXPECT_EQ(axon_options(options).max_joined_rows, 16);
  options.axon.max_rows = 4096;
  EXPECT_EQ(axon_options(options).max_joined_rows, Axon::Options().max_joined_rows);
}

TEST(Parts, BareIpv6AddressesAreTaken) {
  NeuronOptions options;
  options.listen_ip = "::1";
  options.axon_port = 8091;
  options.metagraph_port = 8092;
  EXPECT_EQ(axon_options(options).listen_address, "[::1]:8091");
  EXPECT_EQ(metagraph_options(options).listen_address, "[::1]:8092");
  EXPECT_EQ(metagraph_options(options).remote_ip, "::1");
  options.listen_ip = "::";
  EXPECT_EQ(axon_options(options).listen_address, "[::]:8091");
  EXPECT_EQ(metagraph_options(options).remote_ip, "127.0.0.1");
  options.metagraph.remote_ip = "2001:db8::1";
  EXPECT_EQ(metagraph_options(options).remote_ip, "2001:db8::1");
}

}  // namespace
}  // namespace bittensor
