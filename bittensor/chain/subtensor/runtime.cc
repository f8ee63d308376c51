// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/runtime.h"

#include <utility>

#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

bool is(const std::shared_ptr<const Runtime>& runtime, const Node::RuntimeVersion& version) {
  return runtime != nullptr && runtime->name == version.name &&
         runtime->spec_version == version.spec &&
         runtime->transaction_version == version.transaction;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Metadata>> Runtimes::read_metadata(const std::string& block,
                                                                        TimePoint deadline) const {
  // Version 15 describes the runtime's functions too. Nodes give it on demand, 14 otherwise.
  ScaleWriter version;
  version.u32(15);
  const absl::StatusOr<std::string> answer =
      node_.runtime_call("Metadata_metadata_at_version", version.bytes(), block, deadline);
  if (absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status()) ||
      absl::IsCancelled(answer.status())) {
    return answer.status();
  }
  if (answer.ok()) {
    ScaleReader reader(*answer);
    if (reader.boolean()) {
      absl::StatusOr<std::shared_ptr<const Metadata>> metadata =
          Metadata::read(reader.byte_string());
      if (metadata.ok()) return metadata;
    }
  }
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, node_.metadata(block, deadline));
  return Metadata::read(bytes);
}

absl::StatusOr<std::shared_ptr<const Runtime>> Runtimes::at(const std::string& block,
                                                            TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(const Node::RuntimeVersion version,
                             node_.runtime_version(block, deadline));
  {
    MutexLock lock(mutex_);
    if (is(last_, version)) return last_;
    if (is(before_, version)) return before_;
  }
  auto runtime = std::make_shared<Runtime>();
  runtime->name = version.name;
  runtime->spec_version = version.spec;
  runtime->transaction_version = version.transaction;
  BITTENSOR_ASSIGN_OR_RETURN(runtime->metadata, read_metadata(block, deadline));
  spdlog::info("chain: runtime {} {}", runtime->name, runtime->spec_version);
  MutexLock lock(mutex_);
  before_ = std::move(last_);
  last_ = std::move(runtime);
  return last_;
}

}  // namespace bittensor
