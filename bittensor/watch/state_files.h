// SPDX-License-Identifier: MIT
//
// The status file, in which a neuron says each second what it does, and what it says in words.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// What a status file holds: the state, and which process wrote it when.
struct StatusFile {
  std::string path;
  NeuronState state;
  double updated_s = 0;  // Unix time
  int pid = 0;

  // Whether that process is still there.
  bool runs() const;
};

// Replaces `path` by the state as of `updated_s`, at once: a reader sees the one or the other. Not
// synchronised to the disk, since a second later there is another. The error names the file.
absl::Status write_status_file(const std::string& path, const NeuronState& state, double updated_s);

// kNotFound if there is none, kInvalidArgument if it is none.
absl::StatusOr<StatusFile> read_status_file(const std::string& path);

// The status files in `folder` and the folders in it, five deep at most; the one that changed last
// comes first.
std::vector<std::string> find_status_files(const std::string& folder);

// "waits for answers of 2 peers, since 3 s, 2 s more at most".
std::string waiting_text(const NeuronState::Waiting& waiting, double now_s);

// All of it, for people: some ten lines, and one for each peer and each of the last events.
std::string status_text(const StatusFile& file, double now_s);

}  // namespace bittensor
