// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/events.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

absl::Status not_an_event() {
  return absl::InvalidArgumentError("the runtime's events have a form that is not known here");
}

// A record is {phase, event: {pallet: {name: fields}}, topics}.
absl::StatusOr<ChainEvent> event_in(ScaleValue record) {
  const ScaleValue* const phase = record.find("phase");
  const ScaleValue* const pallet = record.find("event");
  if (phase == nullptr || pallet == nullptr || pallet->kind != ScaleValue::Kind::kVariant ||
      pallet->items.size() != 1 || pallet->items[0].kind != ScaleValue::Kind::kVariant) {
    return not_an_event();
  }
  ChainEvent event;
  if (phase->name == "ApplyExtrinsic") {
    if (phase->items.size() != 1) return not_an_event();
    BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t index, phase->items[0].u64());
    event.extrinsic = static_cast<std::uint32_t>(index);
  }
  event.pallet = pallet->name;
  event.name = pallet->items[0].name;
  event.fields = pallet->items[0];
  return event;
}

const ScaleValue* error_in(const ScaleValue& fields) {
  if (const ScaleValue* const error = fields.find("dispatch_error")) return error;
  return fields.items.empty() ? nullptr : &fields.items[0];
}

// "Module {index, error}" is looked up; "Token(FundsUnavailable)" and the like speak for
// themselves.
std::string text_of(const Metadata& metadata, const ScaleValue& error) {
  const ScaleValue* module = &error;
  if (error.name == "Module" && error.items.size() == 1) module = &error.items[0];
  const absl::StatusOr<std::uint64_t> pallet = module->u64("index");
  if (error.name == "Module" && pallet.ok()) {
    const ScaleValue* const code = module->find("error");
    if (code != nullptr && code->kind == ScaleValue::Kind::kBytes && !code->bytes.empty()) {
      return metadata.error_name(static_cast<std::uint8_t>(*pallet),
                                 static_cast<std::uint8_t>(code->bytes[0]));
    }
    if (code != nullptr && code->kind == ScaleValue::Kind::kNumber) {  // of early runtimes
      return metadata.error_name(static_cast<std::uint8_t>(*pallet),
                                 static_cast<std::uint8_t>(code->number));
    }
  }
  std::string text = error.name;
  for (const ScaleValue& item : error.items) {
    if (item.kind == ScaleValue::Kind::kVariant) absl::StrAppend(&text, ".", item.name);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<ChainEvent>> read_events(const Metadata& metadata,
                                                    absl::string_view bytes) {
  BITTENSOR_ASSIGN_OR_RETURN(const StorageEntry* entry, metadata.storage("System", "Events"));
  ScaleReader reader(bytes);
  ScaleValue records = read_value(metadata.types(), entry->value, reader);
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  std::vector<ChainEvent> events;
  for (ScaleValue& record : records.items) {
    BITTENSOR_ASSIGN_OR_RETURN(ChainEvent event, event_in(std::move(record)));
    events.push_back(std::move(event));
  }
  return events;
}

absl::Status outcome_of(const Metadata& metadata, const std::vector<ChainEvent>& events,
                        std::uint32_t index) {
  for (const ChainEvent& event : events) {
    if (event.extrinsic != index || event.pallet != "System") continue;
    if (event.name == "ExtrinsicSuccess") return absl::OkStatus();
    if (event.name != "ExtrinsicFailed") continue;
    const ScaleValue* const error = error_in(event.fields);
    return absl::FailedPreconditionError(
        absl::StrCat("the chain refused it: ",
                     error == nullptr ? "it does not say why" : text_of(metadata, *error)));
  }
  return absl::DataLossError(
      absl::StrCat("the block does not say how its extrinsic ", index, " ended"));
}

}  // namespace bittensor
