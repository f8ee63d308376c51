// SPDX-License-Identifier: MIT
#include "bittensor/neuron/openmp.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include <link.h>

namespace bittensor {
namespace {

bool is_openmp(absl::string_view path) {
  const absl::string_view file = path.substr(path.rfind('/') + 1);
  const absl::string_view name = file.substr(0, file.find_first_of(".-"));
  return name == "libgomp" || name == "libomp" || name == "libiomp5";
}

}  // namespace

std::vector<std::string> openmp_runtimes() {
  std::vector<std::string> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        if (is_openmp(info->dlpi_name)) {
          static_cast<std::vector<std::string>*>(into)->emplace_back(info->dlpi_name);
        }
        return 0;
      },
      &found);
  return found;
}

std::string openmp_warning(const std::vector<std::string>& runtimes) {
  if (runtimes.size() < 2) return "";
  // The others' libraries also have the functions of GNU's libgomp, and so can stand in for it.
  const auto one = std::find_if(runtimes.begin(), runtimes.end(), [](const std::string& path) {
    return path.find("/libgomp") == std::string::npos;
  });
  return absl::StrCat("several OpenMP runtimes are loaded, whose threads compete for the cores: ",
                      absl::StrJoin(runtimes, ", "),
                      "; set LD_PRELOAD=", one != runtimes.end() ? *one : runtimes.front(),
                      " to use only that one");
}

}  // namespace bittensor
