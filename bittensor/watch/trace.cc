// SPDX-License-Identifier: MIT
#include "bittensor/watch/trace.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

constexpr int kTrainingTrack = 1;
constexpr std::size_t kMaxTracks = 1000;

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                   nlohmann::json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trace>> Trace::create(const std::string& path, Executor& executor) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<Trace>(new Trace(file, executor));
}

Trace::Trace(std::FILE* file, Executor& executor)
    : executor_(executor), start_(executor.now()), file_(file) {
  // The format allows an array without its end: a killed run's can be read.
  std::fputs("[\n", file_);
  MutexLock lock(mutex_);
  name_track(kTrainingTrack, "training");
}

Trace::~Trace() {
  // What comes last has no comma behind it.
  std::fputs(
      "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"ts\":0,\"name\":\"process_name\","
      "\"args\":{\"name\":\"neuron\"}}]\n",
      file_);
  std::fclose(file_);
}

double Trace::microseconds(TimePoint at) const {
  return std::chrono::duration<double, std::micro>(at - start_).count();
}

bool Trace::full() {
  return ++events_ > kMaxEvents;
}

void Trace::name_track(int track, const std::string& name) {
  std::fprintf(file_,
               "{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"ts\":0,\"name\":\"thread_name\",\"args\":{"
               "\"name\":%s}},\n",
               track, json_string(name).c_str());
}

void Trace::add_part(const char* name, std::int64_t step, TimePoint begin) {
  const TimePoint now = executor_.now();
  MutexLock lock(mutex_);
  if (full()) return;
  std::fprintf(file_,
               "{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"cat\":\"step\",\"name\":\"%s\",\"ts\":%.1f,"
               "\"dur\":%.1f",
               kTrainingTrack, name, microseconds(begin),
               std::chrono::duration<double, std::micro>(now - begin).count());
  if (step >= 0) std::fprintf(file_, ",\"args\":{\"step\":%lld}", static_cast<long long>(step));
  std::fputs("},\n", file_);
}

void Trace::add_call(const std::string& peer, const char* what, TimePoint sent, TimePoint ended,
                     const std::string& failure) {
  MutexLock lock(mutex_);
  if (full()) return;
  auto track = tracks_.find(peer);
  if (track == tracks_.end()) {
    if (tracks_.size() >= kMaxTracks) return;
    track = tracks_.emplace(peer, kTrainingTrack + 1 + static_cast<int>(tracks_.size())).first;
    name_track(track->second, absl::StrCat("peer ", peer));
  }
  // Asynchronous ones: the calls to one peer overlap.
  const auto id = static_cast<unsigned long long>(++calls_);
  std::fprintf(file_,
               "{\"ph\":\"b\",\"pid\":1,\"tid\":%d,\"cat\":\"peer %s\",\"id\":%llu,\"name\":\"%s\","
               "\"ts\":%.1f%s%s%s},\n",
               track->second, peer.c_str(), id, what, microseconds(sent),
               failure.empty() ? "" : ",\"args\":{\"failure\":",
               failure.empty() ? "" : json_string(failure).c_str(), failure.empty() ? "" : "}");
  std::fprintf(file_,
               "{\"ph\":\"e\",\"pid\":1,\"tid\":%d,\"cat\":\"peer %s\",\"id\":%llu,\"name\":\"%s\","
               "\"ts\":%.1f},\n",
               track->second, peer.c_str(), id, what, microseconds(ended));
}

}  // namespace bittensor
