// SPDX-License-Identifier: MIT
//
// What a node answers. The first byte of the input says what the rest is: a message of JSON-RPC
// (0), metadata (1), the events of a block (2), neurons (3), a row of weights (4), a value of
// some type of a real runtime, whose number the next two bytes are (5), an answer of HTTP (6) or
// frames of WebSocket (7), both in two pieces, the first as long as the next byte says, or a whole
// metagraph (8).
// corpus/make.py makes the corpus.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "bittensor/chain/rpc/endpoint.h"
#include "bittensor/chain/rpc/http.h"
#include "bittensor/chain/rpc/json_rpc.h"
#include "bittensor/chain/rpc/web_socket.h"
#include "bittensor/chain/subtensor/events.h"
#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/neuron_info.h"
#include "bittensor/chain/subtensor/scale_value.h"
#include "bittensor/chain/testing/metagraph.h"

namespace {

using namespace bittensor;

void require(bool holds) {
  if (!holds) std::abort();
}

const Metadata& real_runtime() {
  static const auto& metadata = *new std::shared_ptr<const Metadata>([] {
    std::ifstream file(BITTENSOR_METADATA, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return Metadata::read(testing::with_get_metagraph(bytes, testing::kMetagraphMembers)).value();
  }());
  return *metadata;
}

// What can be read can be written, and is then the same value.
void read_and_write(TypeId type, absl::string_view bytes) {
  const TypeRegistry& types = real_runtime().types();
  ScaleReader reader(bytes);
  const ScaleValue value = read_value(types, type, reader);
  if (!reader.ok()) return;
  ScaleWriter writer;
  require(write_value(types, type, value, writer).ok());
  ScaleReader again(writer.bytes());
  require(read_value(types, type, again) == value && again.finish().ok());
}

// What our reader takes the library's takes, for the same.
void read_json(absl::string_view text) {
  const auto json = parse_json(text);
  if (json.ok()) require(*json == Json::parse(text.begin(), text.end()));
}

// How the bytes are cut makes no difference.
void read_http(absl::string_view bytes, std::size_t cut) {
  HttpAnswer whole(1 << 16);
  HttpAnswer pieces(1 << 16);
  const bool read = whole.add(bytes).ok();
  if (!pieces.add(bytes.substr(0, cut)).ok() || !pieces.add(bytes.substr(cut)).ok()) {
    require(!read);
  } else if (read) {
    require(whole.done() == pieces.done() && whole.body() == pieces.body());
  }
}

void read_frames(absl::string_view bytes, std::size_t cut) {
  std::string whole;
  std::string pieces;
  WebSocketReader one(1 << 16);
  WebSocketReader two(1 << 16);
  const bool read =
      one.add(bytes, [&](WebSocketKind,
                         absl::string_view text) { whole.append(text.data(), text.size()); })
          .ok();
  const auto add = [&](absl::string_view piece) {
    return two
        .add(piece, [&](WebSocketKind,
                        absl::string_view text) { pieces.append(text.data(), text.size()); })
        .ok();
  };
  const bool read_again = add(bytes.substr(0, cut)) && add(bytes.substr(cut));
  require(read == read_again && whole == pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const absl::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = rest.empty() ? 0 : std::min<std::size_t>(data[1], rest.size() - 1);
  switch (data[0] % 9) {
    case 0:
      if (const auto message = read_rpc_message(rest); message.ok() && message->result.ok()) {
        (void)number_of_header(*message->result);
      }
      (void)parse_endpoint(rest);
      read_json(rest);
      break;
    case 1:
      (void)Metadata::read(rest);
      break;
    case 2:
      if (const auto events = read_events(real_runtime(), rest); events.ok()) {
        (void)outcome_of(real_runtime(), *events, 1);
      }
      break;
    case 3:
      (void)read_neurons_lite(1, rest);
      break;
    case 4:
      (void)read_weight_row(rest);
      break;
    case 6:
      if (!rest.empty()) read_http(rest.substr(1), cut);
      break;
    case 7:
      if (!rest.empty()) read_frames(rest.substr(1), cut);
      break;
    case 8: {
      const RuntimeMethod* const method =
          real_runtime().method("SubnetInfoRuntimeApi_get_metagraph");
      (void)read_metagraph(real_runtime().types(), method->output, 1, rest);
      break;
    }
    default:
      if (rest.size() < 2) break;
      read_and_write(static_cast<TypeId>(data[1] + 256 * data[2]) %
                         static_cast<TypeId>(real_runtime().types().size()),
                     rest.substr(2));
  }
  return 0;
}
