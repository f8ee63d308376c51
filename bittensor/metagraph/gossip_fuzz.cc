// SPDX-License-Identifier: MIT
//
// A stranger's gossip message, request or response, against a neuron that knows something.
// corpus/gossip.sh makes the corpus.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bittensor/metagraph/reconcile.h"
#include "bittensor/metagraph/statement.h"

namespace {

using namespace bittensor;

constexpr std::int64_t kNow = 1'600'000'000'000;

template <typename M>
void read_statements(const M& message, RecordStore& store) {
  for (const auto& statement : message.statements()) {
    auto read = read_statement(statement, kNow);
    if (!read.ok()) continue;
    (void)is_signed(**read);
    (void)weights_in(**read);
    store.insert(*std::move(read), kNow);  // as if it were signed: further than a stranger gets
  }
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxGossipBytes) return 0;
  RecordStore store(100);
  v1::GossipRequest request;
  if (request.ParseFromArray(data, static_cast<int>(size)) && check_form(request).ok()) {
    read_statements(request, store);
    const auto response = answer(store, request, kNow);
    require(response.ByteSizeLong() <= kMaxGossipBytes && check_form(response).ok());
  }
  v1::GossipResponse response;
  if (response.ParseFromArray(data, static_cast<int>(size)) && check_form(response).ok()) {
    read_statements(response, store);
    const auto more = follow_up(store, 1, response);
    require(more.ByteSizeLong() <= kMaxGossipBytes && check_form(more).ok());
  }
  require(open_exchange(store, 1, 0).ByteSizeLong() <= kMaxGossipBytes && store.size() <= 200);
  return 0;
}
