// SPDX-License-Identifier: MIT
//
// Files that somebody gives the user. The first byte of the input says what the rest is: the
// index of a checkpoint (0), which gets a right checksum, or a fuzzer would never come past it; a
// whole checkpoint (1), IDX (2), a key file (3), a config file (4), a cache of addresses (5).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/mnist/idx.h"
#include "torch/types.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/hasher.h"
#include "bittensor/command_line/command_line.h"
#include "bittensor/metagraph/address_cache.h"
#include "bittensor/neuron/options.h"
#include "bittensor/toolbox/archive.h"
#include "bittensor/wallet/key_file.h"

namespace bittensor {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// A file in memory, with a name.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0);
    fchmod(descriptor_, 0600);
    std::size_t written = 0;
    while (written < content.size()) {
      const ssize_t n = write(descriptor_, content.data() + written, content.size() - written);
      require(n > 0);
      written += static_cast<std::size_t>(n);
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return absl::StrCat("/proc/self/fd/", descriptor_); }

 private:
  const int descriptor_;
};

std::string checkpoint_with(const std::string& index) {
  constexpr std::size_t kData = 64;
  std::string file = std::string(kData, '\x01') + index;
  absl::StrAppendFormat(&file, "%s index=%016x+%016x blake2b=", internal::kFormat, kData,
                        index.size());
  Hasher hasher;
  hasher.add(file);
  return file + absl::BytesToHexString(hasher.finish());
}

void read_checkpoint(const std::string& content) {
  const auto checkpoint = load_checkpoint(MemoryFile(content).path());
  if (!checkpoint.ok()) return;
  std::size_t bytes = 0;
  for (const StateDict* state : {&checkpoint->synapse, &checkpoint->router,
                                 &checkpoint->optimizer.tensors, &checkpoint->neuron}) {
    for (const auto& [name, tensor] : *state) bytes = std::max(bytes, tensor.nbytes());
  }
  require(bytes <= content.size());
}

void read_config(const std::string& content) {
  NeuronOptions options;
  CLI::App app;
  add_neuron_options(app, options);
  // What is wrong is said to the user by the program.
  (void)read_command_line(app, {"--config", MemoryFile(content).path()});
}

}  // namespace
}  // namespace bittensor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bittensor;
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 0:
      read_checkpoint(checkpoint_with(rest));
      break;
    case 1:
      read_checkpoint(rest);
      break;
    case 2: {
      const auto tensor = read_idx(MemoryFile(rest).path());
      require(!tensor.ok() || tensor->nbytes() <= rest.size());
      break;
    }
    case 3: {
      // Not read_key_file(): each passphrase takes a second. It is behind a parser that is here.
      (void)inspect_key_file(MemoryFile(rest).path());
      break;
    }
    case 4:
      read_config(rest);
      break;
    case 5:
      (void)read_addresses(MemoryFile(rest).path());
      break;
    default:
      break;
  }
  return 0;
}
