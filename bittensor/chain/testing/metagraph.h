// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace bittensor::testing {

// The members of the metagraph of runtimes from spec 300 on, "name:kind" each: a account, b yes or
// no, c compact number, i 16 bytes, o an identity or none, u compact number of 128 bits; A, B, C
// and so on lists of these, T texts, X axons, D pairs of an account and a number.
extern const char kMetagraphMembers[];

// Metadata of version 15, with the function get_metagraph added, which answers Option of a struct
// of these members.
std::string with_get_metagraph(const std::string& metadata, const std::string& members);

// What it answers for `netuid`, with neurons as those of neurons_lite().
std::string metagraph(std::uint16_t netuid, std::uint16_t count, const std::string& members);

}  // namespace bittensor::testing
