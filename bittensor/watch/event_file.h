// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "bittensor/base/mutex.h"
#include "bittensor/watch/appended_file.h"
#include "bittensor/watch/neuron_state.h"
#include "bittensor/watch/png.h"

namespace bittensor {

// A file for TensorBoard: `tensorboard --logdir runs`. Tags are those that PyTorch's users have:
// train/loss, test/accuracy.
//
// The form is TensorFlow's, written here by hand, since all of it is small: records (TFRecord) of
// `Event` messages (tensorboard/compat/proto/event.proto, summary.proto).
//
// Thread-safe. What is added is in the file after flush(); while the disk is full it waits, as much
// of it as AppendedFile takes.
class EventFile {
 public:
  // A new file "events.out.tfevents.TIME.NAME" in the folder of `prefix`, whose last part is NAME,
  // from the first flush() on that has something to write.
  EventFile(const std::string& prefix, double now_s);

  void add_scalar(absl::string_view tag, std::int64_t step, double time_s, double value);
  void add_histogram(absl::string_view tag, std::int64_t step, double time_s,
                     const std::vector<double>& values);
  // Markdown.
  void add_text(absl::string_view tag, std::int64_t step, double time_s, absl::string_view text);
  void add_image(absl::string_view tag, std::int64_t step, double time_s, const Picture& picture);

  // A point of the curves, as far as it is known.
  void add_point(const NeuronState::Point& point);
  // How weights and scores are distributed over the peers.
  void add_peers(const NeuronState& state);

  // Whether all of it is in the file.
  bool flush() BITTENSOR_EXCLUDES(mutex_);
  std::string path() const BITTENSOR_EXCLUDES(mutex_);

 private:
  void add_value(std::int64_t step, double time_s, absl::string_view value);
  void add_record(absl::string_view event) BITTENSOR_EXCLUDES(mutex_);

  mutable Mutex mutex_;
  AppendedFile file_ BITTENSOR_GUARDED_BY(mutex_);
  bool has_values_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

// CRC-32C (Castagnoli; RFC 3720), as TFRecords have it.
std::uint32_t crc32c(absl::string_view bytes);

}  // namespace bittensor
