// SPDX-License-Identifier: MIT
//
// How `bittensor doctor` finds out what checks.h judges.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "app/doctor/checks.h"

#include "bittensor/neuron/options.h"

namespace bittensor {

ThreadFacts probe_threads(int wanted);

// 0, or the errno of listening at this TCP port of this machine. Port 0 is always free.
int probe_port(const std::string& host, int port);

// Seconds that this clock is ahead of a server's, by SNTP (RFC 4330). None if it does not answer,
// or not sensibly, within `timeout`. `server` is HOST or HOST:PORT.
std::optional<double> probe_clock(const std::string& server, std::chrono::milliseconds timeout);

// Of the folder that `path`, which need not be there yet, is to be in or is.
FolderFacts probe_folder(const std::string& path);

// How many files this process may have open.
std::uint64_t probe_files();

bool is_installed(const std::string& program);

// Joins the network of --bootstrap for at most `patience` under a key of its own, as a neuron that
// nobody can ask, and counts who answers and who calls back. Returns as soon as both are so.
NetworkFacts probe_network(const NeuronOptions& options, std::chrono::milliseconds patience);

}  // namespace bittensor
