// SPDX-License-Identifier: MIT
#include "app/doctor/checks.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

#include "bittensor/neuron/blas.h"
#include "bittensor/neuron/openmp.h"
#include "bittensor/trust/replay_guard.h"

namespace bittensor {
namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;
constexpr std::uint64_t kFewFiles = 1024;  // two for each peer, and the process's own

Finding good(std::string check, std::string what) {
  return {std::move(check), Finding::State::kGood, std::move(what), ""};
}
Finding wrong(std::string check, std::string what, std::string mend) {
  return {std::move(check), Finding::State::kWrong, std::move(what), std::move(mend)};
}
Finding unknown(std::string check, std::string what, std::string mend) {
  return {std::move(check), Finding::State::kUnknown, std::move(what), std::move(mend)};
}

// "1.51" of "1.51.1"
std::string major_minor(const std::string& version) {
  const std::vector<std::string> parts = absl::StrSplit(version, '.');
  return parts.size() < 2 ? version : absl::StrCat(parts[0], ".", parts[1]);
}

std::string state_name(Finding::State state) {
  switch (state) {
    case Finding::State::kGood:
      return "good";
    case Finding::State::kWrong:
      return "WRONG";
    case Finding::State::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

Finding check_blas(const std::vector<std::string>& libraries, double gflops) {
  const std::string speed = absl::StrFormat("%.0f GFLOP/s", gflops);
  if (has_fast_blas(libraries) || gflops >= kSlowGflops) return good("blas", speed);
  return wrong("blas", absl::StrCat("matrices are multiplied by the reference BLAS, at ", speed),
               "apt-get install libopenblas0-openmp, or any other optimised BLAS");
}

Finding check_threads(const ThreadFacts& facts) {
  const std::string warning = openmp_warning(facts.runtimes);
  if (!warning.empty()) return wrong("threads", warning, "keep one of them, by LD_PRELOAD");
  const int threads = facts.wanted > 0 ? facts.wanted : facts.cores;
  const std::string what = absl::StrCat(threads, " threads on ", facts.allowed, " of ", facts.cores,
                                        facts.cores == 1 ? " core" : " cores");
  if (threads <= facts.allowed) return good("threads", what);
  return wrong("threads", absl::StrCat(what, ": they wait for each other"),
               absl::StrCat("--threads ", facts.allowed));
}

Finding check_versions(const std::vector<VersionFacts>& libraries) {
  std::vector<std::string> all;
  std::vector<std::string> others;
  for (const VersionFacts& one : libraries) {
    all.push_back(absl::StrCat(one.library, " ", one.loaded));
    if (major_minor(one.built_with) == major_minor(one.loaded)) continue;
    others.push_back(
        absl::StrCat(one.library, " is ", one.loaded, ", built with ", one.built_with));
  }
  if (others.empty()) return good("versions", absl::StrJoin(all, ", "));
  return wrong("versions", absl::StrJoin(others, "; "),
               "build again (./run build), or install the version it was built with");
}

Finding check_port(const std::string& option, const std::string& address, int error) {
  if (error == 0) return good(option, absl::StrCat(address, " is free"));
  const std::string what = absl::StrCat(address, ": ", std::strerror(error));
  const std::string port = address.substr(address.rfind(':') + 1);
  if (error == EADDRINUSE) {
    return wrong(option, what,
                 absl::StrCat("ss -ltnp 'sport = :", port,
                              "' says who listens there; stop it, or take "
                              "another port with --",
                              option));
  }
  if (error == EACCES) {
    return wrong(option, what, absl::StrCat("take a port above 1023 with --", option));
  }
  if (error == EADDRNOTAVAIL) {
    return wrong(
        option, what,
        "--listen_ip must be an address of this machine, 0.0.0.0 or ::; where others reach "
        "it is --remote_ip");
  }
  return wrong(option, what, absl::StrCat("change --listen_ip or --", option));
}

Finding check_clock(std::optional<double> ahead, const std::string& server) {
  const double most = static_cast<double>(ReplayGuard::Options().window_ms) / 1000;
  if (!ahead) {
    return unknown("clock", absl::StrCat("no time server answers at ", server),
                   "name one that does with --time_server HOST:PORT");
  }
  const std::string what =
      absl::StrFormat("%.1f s %s %s", std::abs(*ahead), *ahead < 0 ? "behind" : "ahead of", server);
  if (std::abs(*ahead) < most / 3) return good("clock", what);
  return wrong(
      "clock",
      absl::StrCat(what, absl::StrFormat("; peers refuse what is more than %.0f s off", most)),
      "let the system keep it: timedatectl set-ntp true");
}

Finding check_disk(const std::string& use, const FolderFacts& folder) {
  const std::string check = absl::StrCat("disk for ", use);
  if (!folder.writable) {
    return wrong(check, absl::StrCat("nothing can be written in ", folder.path),
                 "give this user the folder (chown), or name another one");
  }
  const std::string what = absl::StrFormat(
      "%.1f GB free in %s", static_cast<double>(folder.free_bytes) / static_cast<double>(kGigabyte),
      folder.path);
  if (folder.free_bytes >= kGigabyte) return good(check, what);
  return wrong(check, what, "make room, or name a folder on another disk");
}

Finding check_files(std::uint64_t limit) {
  const std::string what = absl::StrCat(limit, " open files allowed");
  if (limit >= kFewFiles) return good("files", what);
  return wrong("files", absl::StrCat(what, ": each peer takes two"),
               "raise it: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit");
}

Finding check_key(const std::string& path, const absl::Status& status) {
  if (status.ok()) return good("key", path);
  if (absl::IsNotFound(status)) return good("key", absl::StrCat(path, " will be created"));
  return wrong("key", std::string(status.message()),
               absl::StrCat("chmod 600 ", path,
                            " if only its mode is wrong; else restore it, or "
                            "name another with --neuron_key"));
}

Finding check_data(const DataFacts& facts) {
  const std::string there = facts.present.empty() ? "none" : absl::StrJoin(facts.present, ", ");
  const std::string what = absl::StrCat(there, " in ", facts.cache);
  if (facts.absent.empty() || facts.npm) {
    return good("data", facts.absent.empty() ? what : absl::StrCat(what, "; npm fetches others"));
  }
  return wrong(
      "data",
      absl::StrCat(what, "; without npm nothing fetches ", absl::StrJoin(facts.absent, ", ")),
      "apt-get install npm, or have the data and pass --data DIR");
}

Finding check_peers(const NetworkFacts& facts) {
  if (facts.bootstrap.empty()) {
    return unknown("peers", "nobody was asked", "name a neuron with --bootstrap HOST:PORT");
  }
  if (!facts.started.ok()) {
    return unknown("peers", std::string(facts.started.message()), "");
  }
  if (facts.known > 0)
    return good("peers", absl::StrCat(facts.known,
                                      facts.known == 1 ? " neuron answers" : " neurons answer"));
  return wrong(
      "peers",
      absl::StrFormat("nobody answers at %s within %.0f s", absl::StrJoin(facts.bootstrap, ", "),
                      facts.seconds),
      "--bootstrap is another neuron's --metagraph_port: does it run, may connections leave "
      "this network, do both use --tls and the same --record_difficulty?");
}

Finding check_reachable(const NetworkFacts& facts) {
  if (facts.bootstrap.empty() || !facts.started.ok()) {
    return unknown("reachable", "needs peers to try it", "");
  }
  if (facts.calls > 0) {
    return good("reachable", absl::StrFormat("peers called back at %s", facts.address));
  }
  if (facts.known == 0) return unknown("reachable", "needs peers to try it", "");
  return wrong(
      "reachable",
      absl::StrFormat("no peer called back at %s within %.0f s", facts.address, facts.seconds),
      "--remote_ip must be where others reach this machine; forward the ports of "
      "--metagraph_port and --axon_port to it, and open them in its firewall");
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& one : findings) {
    absl::StrAppend(&text,
                    absl::StrFormat("%-8s %-22s %s\n", state_name(one.state), one.check, one.what));
    if (!one.mend.empty()) absl::StrAppend(&text, std::string(31, ' '), "-> ", one.mend, "\n");
  }
  return text;
}

std::string to_json(const std::vector<Finding>& findings) {
  nlohmann::json all = nlohmann::json::array();
  for (const Finding& one : findings) {
    all.push_back({{"check", one.check},
                   {"state", absl::AsciiStrToLower(state_name(one.state))},
                   {"what", one.what},
                   {"mend", one.mend}});
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bittensor
