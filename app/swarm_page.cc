// SPDX-License-Identifier: MIT
#include "app/swarm_page.h"

#include <cstddef>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxStateBytes = 64 << 20;

// What the file holds if it is a JSON object on one line; else "null".
std::string state_in(const std::string& path) {
  std::ifstream file(path, std::ios::ate);
  if (!file || static_cast<std::size_t>(file.tellg()) > kMaxStateBytes) return "null";
  file.seekg(0);
  std::string line;
  std::getline(file, line);
  return !line.empty() && line.front() == '{' && json::accept(line) ? line : "null";
}

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace

void SwarmPage::set(std::vector<Member> members) {
  const MutexLock lock(mutex_);
  members_ = std::move(members);
}

std::string SwarmPage::state() const {
  std::vector<Member> members;
  {
    const MutexLock lock(mutex_);
    members = members_;
  }
  std::string state = R"({"version":1,"swarm":[)";
  for (const Member& member : members) {
    if (state.back() != '[') state += ',';
    absl::StrAppend(&state, R"({"number":)", member.number, R"(,"status":)", quoted(member.status),
                    R"(,"failure":)", quoted(member.failure), R"(,"state":)",
                    state_in(member.status_file), "}");
  }
  return state + "]}";
}

}  // namespace bittensor
