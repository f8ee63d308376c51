// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/checkpoint.h"

#include "absl/strings/str_cat.h"
#include <spdlog/spdlog.h>

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/archive.h"
#include "bittensor/toolbox/status_of.h"

namespace bittensor {
namespace {

absl::Status explain(const absl::Status& status, absl::string_view what) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(what, ": ", status.message()));
}

absl::Status save(const std::string& path, const Checkpoint& checkpoint) {
  StagedFile::remove_abandoned(path);
  BITTENSOR_ASSIGN_OR_RETURN(StagedFile file, StagedFile::create(path, 0666));
  BITTENSOR_RETURN_IF_ERROR(internal::write_archive(checkpoint, file));
  return file.publish_over(previous_path(path));
}

}  // namespace

std::string previous_path(const std::string& path) {
  return path + ".previous";
}

absl::Status save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  return explain(internal::status_of([&] { return save(path, checkpoint); }),
                 absl::StrCat("checkpoint ", path, " is not saved"));
}

absl::StatusOr<Checkpoint> load_checkpoint(const std::string& path) {
  Checkpoint checkpoint;
  const absl::Status status = internal::status_of([&]() -> absl::Status {
    BITTENSOR_ASSIGN_OR_RETURN(checkpoint, internal::read_archive(path));
    return absl::OkStatus();
  });
  if (!status.ok()) return explain(status, absl::StrCat("checkpoint ", path));
  return checkpoint;
}

absl::StatusOr<Checkpoint> load_latest(const std::string& path) {
  absl::StatusOr<Checkpoint> newest = load_checkpoint(path);
  if (newest.ok()) return newest;
  absl::StatusOr<Checkpoint> previous = load_checkpoint(previous_path(path));
  if (previous.ok()) {
    spdlog::warn("{}; using the previous one: {}", std::string(newest.status().message()),
                 previous_path(path));
    return previous;
  }
  if (absl::IsNotFound(previous.status())) return newest;
  return explain(newest.status(), previous.status().message());
}

absl::Status restore(const Checkpoint& checkpoint, absl::string_view kind,
                     torch::nn::Module& synapse, torch::nn::Module* router,
                     torch::optim::Optimizer* optimizer) {
  if (checkpoint.kind != kind) {
    return absl::InvalidArgumentError(absl::StrCat("the checkpoint is of a \"", checkpoint.kind,
                                                   "\" model, this is a \"", kind, "\" one"));
  }
  // Nothing changes before all of it is known to fit.
  BITTENSOR_RETURN_IF_ERROR(explain(check_state_dict(synapse, checkpoint.synapse), "synapse"));
  if (router != nullptr) {
    BITTENSOR_RETURN_IF_ERROR(explain(check_state_dict(*router, checkpoint.router), "router"));
  }
  if (optimizer != nullptr) {
    BITTENSOR_RETURN_IF_ERROR(
        explain(check_optimizer_state(*optimizer, checkpoint.optimizer), "optimizer"));
  }
  BITTENSOR_RETURN_IF_ERROR(load_state_dict(synapse, checkpoint.synapse));
  if (router != nullptr) BITTENSOR_RETURN_IF_ERROR(load_state_dict(*router, checkpoint.router));
  if (optimizer == nullptr) return absl::OkStatus();
  return load_optimizer_state(*optimizer, checkpoint.optimizer);
}

}  // namespace bittensor
