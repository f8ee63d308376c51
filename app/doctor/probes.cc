// SPDX-License-Identifier: MIT
#include "app/doctor/probes.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bittensor/base/file.h"
#include "bittensor/neuron/openmp.h"
#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// Null if the name is not known.
Addresses resolve(const std::string& host, const std::string& port, int type, int flags) {
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  return Addresses(found);
}

// The cores that the cgroup (version 2) lets this process use; a large number if it does not say.
double cgroup_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;  // not a number if it is "max"
  double period = 0;
  return file >> quota >> period && period > 0 ? quota / period : 1e9;
}

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Seconds since 1900 in 32.32 bits, big-endian, as seconds since 1970.
double seconds_at(const unsigned char* bytes) {
  constexpr double kFrom1900To1970 = 2'208'988'800;
  double seconds = 0;
  for (int i = 0; i < 8; ++i) seconds = seconds * 256 + bytes[i];
  return seconds / 4294967296.0 - kFrom1900To1970;
}

}  // namespace

ThreadFacts probe_threads(int wanted) {
  ThreadFacts facts;
  facts.wanted = wanted;
  facts.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  cpu_set_t set;
  const int allowed = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : facts.cores;
  facts.allowed =
      std::max(1, std::min(allowed, static_cast<int>(std::ceil(std::min(cgroup_cores(), 1e6)))));
  facts.runtimes = openmp_runtimes();
  return facts;
}

int probe_port(const std::string& host, int port) {
  const Addresses address = resolve(host, absl::StrCat(port), SOCK_STREAM, AI_PASSIVE);
  if (!address) return EADDRNOTAVAIL;
  const File listener(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.is_open()) return errno;
  const int on = 1;  // As servers do: what was closed a moment ago counts as free.
  setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener.fd(), address->ai_addr, address->ai_addrlen) != 0) return errno;
  return listen(listener.fd(), 1) == 0 ? 0 : errno;
}

std::optional<double> probe_clock(const std::string& server, std::chrono::milliseconds timeout) {
  constexpr std::size_t kPacket = 48;
  constexpr unsigned char kClientOfVersion4 = 0x23;
  constexpr unsigned char kServer = 4;  // the mode, in the lowest three bits
  const auto named = parse_address(server);
  const std::string host = named.ok() ? named->host : server;
  const std::string port = named.ok() ? absl::StrCat(named->port) : "123";
  const Addresses address = resolve(host, port, SOCK_DGRAM, 0);
  if (!address) return std::nullopt;
  const File udp(socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!udp.is_open() || connect(udp.fd(), address->ai_addr, address->ai_addrlen) != 0) {
    return std::nullopt;
  }
  std::array<unsigned char, kPacket> packet{kClientOfVersion4};
  const double sent = unix_seconds();
  if (send(udp.fd(), packet.data(), packet.size(), 0) != static_cast<ssize_t>(kPacket)) {
    return std::nullopt;
  }
  pollfd answer{udp.fd(), POLLIN, 0};
  if (poll(&answer, 1, static_cast<int>(timeout.count())) != 1) return std::nullopt;
  if (recv(udp.fd(), packet.data(), packet.size(), 0) != static_cast<ssize_t>(kPacket) ||
      (packet[0] & 7) != kServer) {
    return std::nullopt;
  }
  const double received = unix_seconds();
  const double theirs = (seconds_at(&packet[32]) + seconds_at(&packet[40])) / 2;
  return (sent + received) / 2 - theirs;
}

FolderFacts probe_folder(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path.empty() ? "." : path, error);
  while (!fs::is_directory(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  FolderFacts facts;
  facts.path = folder.string();
  facts.writable = access(folder.c_str(), W_OK | X_OK) == 0;
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) == 0) {
    facts.free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  }
  return facts;
}

std::uint64_t probe_files() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace bittensor
