// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The stack machine that a pickle is a program for (Python's pickletools describes its
// instructions), restricted to what read_state_dict() needs. Values refer to each other by
// index, so that a pickle that contains itself does no harm. Not thread-safe.
class PickleMachine {
 public:
  using Ref = std::uint32_t;

  enum class Kind : std::uint8_t {
    kNone,
    kBool,          // number
    kInt,           // number
    kString,        // text; floating-point numbers and long integers, too, as their bytes
    kTuple,         // items
    kList,          // items
    kDict,          // items: key, value, key, value, ...
    kGlobal,        // number: a Global
    kStorageClass,  // number: a dtype
    kStorage,       // number: Ref of the tuple "storage", class, key, location, elements
    kTensor,        // number: Ref of the tuple storage, offset, shape, strides, ...
  };
  enum Global : std::int64_t { kOrderedDict, kRebuildTensor, kRebuildParameter };

  struct Value {
    Kind kind = Kind::kNone;
    std::int64_t number = 0;
    absl::string_view text;  // in the pickle
    std::vector<Ref> items;
  };

  explicit PickleMachine(absl::string_view pickle) : pickle_(pickle) {}

  // Runs to the STOP instruction; gives the value that it ends with.
  absl::StatusOr<Ref> run();

  const Value& value(Ref ref) const { return values_[ref]; }
  // Bytes up to and with the STOP instruction, after run().
  std::size_t size() const { return at_; }

 private:
  absl::Status step(char instruction);
  absl::Status step_string(char instruction);
  absl::Status step_container(char instruction);
  absl::Status step_memo(char instruction);
  absl::Status step_object(char instruction);

  absl::Status push(Value value);
  absl::Status push_int(std::int64_t number) { return push({Kind::kInt, number, {}, {}}); }
  absl::Status push_long(std::size_t bytes);
  absl::Status push_tuple_of(std::size_t count);
  absl::Status push_global(absl::string_view module, absl::string_view name);
  absl::Status pop(Ref& ref);
  // Takes everything above the last mark off the stack.
  absl::Status pop_mark(std::vector<Ref>& items);
  absl::Status add_items(Kind kind, const std::vector<Ref>& items);
  absl::Status remember(std::uint32_t key);
  absl::Status recall(std::uint32_t key);
  absl::Status call();
  absl::Status load_persistent();

  // The next `count` bytes of the pickle, or its next little-endian number.
  absl::Status take(std::size_t count, absl::string_view& bytes);
  template <typename Number>
  absl::Status take_number(Number& number);
  absl::Status take_line(absl::string_view& line);

  absl::string_view pickle_;
  std::size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, Ref> memo_;
};

}  // namespace bittensor
