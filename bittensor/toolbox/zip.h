// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// A file in a zip archive, stored as it is.
struct ZipMember {
  absl::string_view name;
  absl::string_view bytes;
  std::uint32_t crc = 0;
};

// The members of `archive`, views into it (PKWARE APPNOTE.TXT, zip64 included).
// kInvalidArgument if it is damaged; kUnimplemented, naming the member, for one that is
// compressed or encrypted.
absl::StatusOr<std::vector<ZipMember>> list_zip(absl::string_view archive);

// kDataLoss if the bytes are not those that the archive's CRC-32 was made of.
absl::Status check_crc(const ZipMember& member);

}  // namespace bittensor
