// SPDX-License-Identifier: MIT
//
// Who may read the dashboard. All arguments are a stranger's bytes.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// Whether a request's Host names this machine in a way that a foreign web site cannot: an IP
// address, localhost, or `machine`, its own name. A site whose own name resolves to this machine
// (DNS rebinding) would otherwise read the page through its visitors' browsers.
bool is_own_host(absl::string_view host, absl::string_view machine);

// Whether a request comes from no web page or from one of this host: `origin` is the header of
// that name, "" where there is none.
bool is_own_origin(absl::string_view origin, absl::string_view host);

// Whether the request carries `token`, as "Authorization: Bearer TOKEN" or as ?token=TOKEN of the
// target. Takes the same time for each wrong token of the same length. True if `token` is empty.
bool has_token(absl::string_view token, absl::string_view authorization, absl::string_view target);

// Ok if `token` can be one: at least 16 letters, digits, "-", ".", "_" or "~", which stand in an
// address as they are; or none, if only this machine can reach `listen_ip`.
absl::Status check_token(absl::string_view token, absl::string_view listen_ip);

}  // namespace bittensor
