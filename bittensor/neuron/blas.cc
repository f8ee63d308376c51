// SPDX-License-Identifier: MIT
#include "bittensor/neuron/blas.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include <dlfcn.h>
#include <link.h>

namespace bittensor {

std::vector<std::string> loaded_libraries() {
  std::vector<std::string> libraries;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* found) {
        static_cast<std::vector<std::string>*>(found)->emplace_back(info->dlpi_name);
        return 0;
      },
      &libraries);
  // Debian's libblas.so.3 is a link to whichever BLAS was chosen.
  for (std::string& library : libraries) {
    std::error_code error;
    const std::filesystem::path file = std::filesystem::canonical(library, error);
    if (!error) library = file;
  }
  return libraries;
}

bool has_fast_blas(const std::vector<std::string>& libraries) {
  return std::any_of(libraries.begin(), libraries.end(), [](const std::string& library) {
    for (const char* name : {"openblas", "libmkl", "libblis", "/blis-", "libatlas", "/atlas/",
                             "armpl", "nvpl_blas", "flexiblas"}) {
      if (absl::StrContains(library, name)) return true;
    }
    return false;
  });
}

bool set_openblas_threads(int threads) {
  void* const found = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (found == nullptr) return false;
  reinterpret_cast<void (*)(int)>(found)(threads);
  return true;
}

}  // namespace bittensor
