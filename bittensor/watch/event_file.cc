// SPDX-License-Identifier: MIT
#include "bittensor/watch/event_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reversed
constexpr int kBuckets = 30;

std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

// So that the sum of bytes that hold sums is not degenerate.
std::uint32_t masked(std::uint32_t crc) {
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

template <typename T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// The wire format of protobuf: fields, each a number and a value.
// https://protobuf.dev/programming-guides/encoding/
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}

std::string number_field(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}

std::string bytes_field(int field, absl::string_view bytes) {
  return absl::StrCat(varint(static_cast<std::uint64_t>(field) << 3 | 2), varint(bytes.size()),
                      bytes);
}

std::string double_bytes(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return little_endian(bits);
}

std::string double_field(int field, double value) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 1) + double_bytes(value);
}

std::string float_field(int field, float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return varint(static_cast<std::uint64_t>(field) << 3 | 5) + little_endian(bits);
}

// Summary.Value
constexpr int kTag = 1;
constexpr int kSimpleValue = 2;
constexpr int kImage = 4;
constexpr int kHistogram = 5;
constexpr int kTensor = 8;
constexpr int kMetadata = 9;

std::string histogram_of(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const double width = (*most - *least) / kBuckets;
  std::vector<double> counts(kBuckets);
  for (const double value : values) {
    const int bucket = width > 0 ? static_cast<int>((value - *least) / width) : 0;
    ++counts[static_cast<std::size_t>(std::clamp(bucket, 0, kBuckets - 1))];
  }
  std::string limits;
  std::string buckets;
  for (int i = 0; i < kBuckets; ++i) {
    // The last one holds the largest, whatever rounding makes of it.
    const bool last = i + 1 == kBuckets;
    limits += double_bytes(last ? std::nextafter(*most, std::numeric_limits<double>::infinity())
                                : *least + width * (i + 1));
    buckets += double_bytes(counts[static_cast<std::size_t>(i)]);
  }
  return absl::StrCat(double_field(1, *least), double_field(2, *most),
                      double_field(3, static_cast<double>(values.size())), double_field(4, sum),
                      double_field(5, squares), bytes_field(6, limits), bytes_field(7, buckets));
}

// The milliseconds: two runs may begin within a second.
std::string path_of(const std::string& prefix, double now_s) {
  const std::filesystem::path path(prefix);
  return path.parent_path() / absl::StrCat("events.out.tfevents.",
                                           static_cast<std::int64_t>(1000 * now_s), ".",
                                           path.filename().string());
}

}  // namespace

std::uint32_t crc32c(absl::string_view bytes) {
  static const std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes)
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff];
  return ~crc;
}

EventFile::EventFile(const std::string& prefix, double now_s) : file_(path_of(prefix, now_s)) {
  constexpr int kFileVersion = 3;
  add_record(absl::StrCat(double_field(1, now_s), bytes_field(kFileVersion, "brain.Event:2")));
}

std::string EventFile::path() const {
  MutexLock lock(mutex_);
  return file_.path();
}

void EventFile::add_record(absl::string_view event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  MutexLock lock(mutex_);
  file_.add(absl::StrCat(length, little_endian(masked(crc32c(length))), event,
                         little_endian(masked(crc32c(event)))));
}

void EventFile::add_value(std::int64_t step, double time_s, absl::string_view value) {
  {
    MutexLock lock(mutex_);
    has_values_ = true;
  }
  add_record(absl::StrCat(double_field(1, time_s),
                          number_field(2, static_cast<std::uint64_t>(step)),
                          bytes_field(5, bytes_field(1, value))));
}

void EventFile::add_scalar(absl::string_view tag, std::int64_t step, double time_s, double value) {
  add_value(step, time_s,
            bytes_field(kTag, tag) + float_field(kSimpleValue, static_cast<float>(value)));
}

void EventFile::add_histogram(absl::string_view tag, std::int64_t step, double time_s,
                              const std::vector<double>& values) {
  if (values.empty()) return;
  add_value(step, time_s, bytes_field(kTag, tag) + bytes_field(kHistogram, histogram_of(values)));
}

void EventFile::add_text(absl::string_view tag, std::int64_t step, double time_s,
                         absl::string_view text) {
  constexpr std::uint64_t kString = 7;  // DataType
  const std::string shape = bytes_field(2, number_field(1, 1));
  const std::string tensor =
      absl::StrCat(number_field(1, kString), bytes_field(2, shape), bytes_field(8, text));
  const std::string metadata = bytes_field(1, bytes_field(1, "text"));
  add_value(step, time_s,
            absl::StrCat(bytes_field(kTag, tag), bytes_field(kTensor, tensor),
                         bytes_field(kMetadata, metadata)));
}

void EventFile::add_image(absl::string_view tag, std::int64_t step, double time_s,
                          const Picture& picture) {
  const std::string image =
      absl::StrCat(number_field(1, static_cast<std::uint64_t>(picture.height)),
                   number_field(2, static_cast<std::uint64_t>(picture.width)),
                   number_field(3, static_cast<std::uint64_t>(picture.channels)),
                   bytes_field(4, png_of(picture)));
  add_value(step, time_s, bytes_field(kTag, tag) + bytes_field(kImage, image));
}

void EventFile::add_point(const NeuronState::Point& point) {
  const auto add = [&](const char* tag, const std::optional<double>& value) {
    if (value && std::isfinite(*value)) add_scalar(tag, point.step, point.time_s, *value);
  };
  add("train/loss", point.loss.train);
  add("train/loss_local", point.loss.local);
  add("train/loss_network", point.loss.network);
  if (point.samples_per_s > 0) add("train/samples_per_s", point.samples_per_s);
  add("test/accuracy", point.accuracy.local);
  add("test/accuracy_network", point.accuracy.network);
  add("test/accuracy_alone", point.accuracy.alone);
}

void EventFile::add_peers(const NeuronState& state) {
  std::vector<double> weights;
  std::vector<double> scores;
  for (const NeuronState::Peer& peer : state.peers) {
    weights.push_back(peer.weight);
    if (peer.score) scores.push_back(*peer.score);
  }
  const double now_s = state.neuron.started_s + state.neuron.uptime_s;
  add_histogram("router/weights", state.training.step, now_s, weights);
  add_histogram("router/scores", state.training.step, now_s, scores);
}

bool EventFile::flush() {
  MutexLock lock(mutex_);
  return !has_values_ || file_.flush();
}

}  // namespace bittensor
