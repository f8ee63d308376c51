// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/secret.h"

namespace bittensor {

// Reads a small file that only its owner may read: a regular file, not a link, of this
// user, with no permissions for others. kNotFound if it is absent, kPermissionDenied if it
// cannot be read or is not private, kDataLoss if it is longer than `max_size` bytes.
// Messages name the file and what to do.
absl::StatusOr<Secret> read_private_file(const std::string& path, std::size_t max_size);

// Creates the file with mode 0600, and its folders with 0700 where they are missing. The
// file appears under its name whole and on disk, or not at all. kAlreadyExists, and
// nothing changed, if something has that name.
absl::Status create_private_file(const std::string& path, absl::string_view content);

}  // namespace bittensor
