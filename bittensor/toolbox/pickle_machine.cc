// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/pickle_machine.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "c10/core/ScalarType.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/little_endian.h"
#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxValues = std::size_t{1} << 20;

constexpr std::pair<absl::string_view, at::ScalarType> kStorageClasses[] = {
    {"FloatStorage", at::kFloat},       {"HalfStorage", at::kHalf}, {"DoubleStorage", at::kDouble},
    {"BFloat16Storage", at::kBFloat16}, {"LongStorage", at::kLong}, {"IntStorage", at::kInt},
    {"ShortStorage", at::kShort},       {"CharStorage", at::kChar}, {"ByteStorage", at::kByte},
    {"BoolStorage", at::kBool}};

absl::Status bad_pickle(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("damaged pickle: ", what));
}

absl::Status too_many() {
  return absl::ResourceExhaustedError("the pickle has too many values");
}

}  // namespace

absl::StatusOr<PickleMachine::Ref> PickleMachine::run() {
  for (;;) {
    absl::string_view instruction;
    BITTENSOR_RETURN_IF_ERROR(take(1, instruction));
    if (instruction[0] == '.') break;
    BITTENSOR_RETURN_IF_ERROR(step(instruction[0]));
  }
  Ref result = 0;
  BITTENSOR_RETURN_IF_ERROR(pop(result));
  return result;
}

absl::Status PickleMachine::step(char instruction) {
  switch (instruction) {
    case '\x80': {  // PROTO
      std::uint8_t version = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(version));
      return version <= 5 ? absl::OkStatus() : bad_pickle(absl::StrCat("protocol ", version));
    }
    case '\x95': {  // FRAME: how much may be read at once
      absl::string_view size;
      return take(8, size);
    }
    case 'N':  // NONE
      return push({});
    case '\x88':  // NEWTRUE
    case '\x89':  // NEWFALSE
      return push({Kind::kBool, instruction == '\x88', {}, {}});
    case 'J': {  // BININT
      std::int32_t number = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(number));
      return push_int(number);
    }
    case 'K': {  // BININT1
      std::uint8_t number = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(number));
      return push_int(number);
    }
    case 'M': {  // BININT2
      std::uint16_t number = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(number));
      return push_int(number);
    }
    case '\x8a': {  // LONG1
      std::uint8_t bytes = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(bytes));
      return push_long(bytes);
    }
    default:
      return step_string(instruction);
  }
}

absl::Status PickleMachine::step_string(char instruction) {
  Value value;
  value.kind = Kind::kString;
  std::uint64_t size = 0;
  switch (instruction) {
    case 'G':  // BINFLOAT
      size = 8;
      break;
    case 'U':       // SHORT_BINSTRING
    case '\x8c': {  // SHORT_BINUNICODE
      std::uint8_t narrow = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(narrow));
      size = narrow;
      break;
    }
    case 'T':    // BINSTRING
    case 'X': {  // BINUNICODE
      std::uint32_t narrow = 0;
      BITTENSOR_RETURN_IF_ERROR(take_number(narrow));
      size = narrow;
      break;
    }
    case '\x8d':  // BINUNICODE8
      BITTENSOR_RETURN_IF_ERROR(take_number(size));
      break;
    default:
      return step_container(instruction);
  }
  BITTENSOR_RETURN_IF_ERROR(take(size, value.text));
  return push(std::move(value));
}

absl::Status PickleMachine::step_container(char instruction) {
  std::vector<Ref> items;
  switch (instruction) {
    case '(':  // MARK
      if (marks_.size() >= kMaxValues) return too_many();
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case '}':  // EMPTY_DICT
      return push({Kind::kDict, 0, {}, {}});
    case ']':  // EMPTY_LIST
      return push({Kind::kList, 0, {}, {}});
    case ')':  // EMPTY_TUPLE
      return push_tuple_of(0);
    case '\x85':  // TUPLE1
      return push_tuple_of(1);
    case '\x86':  // TUPLE2
      return push_tuple_of(2);
    case '\x87':  // TUPLE3
      return push_tuple_of(3);
    case 't':  // TUPLE
      BITTENSOR_RETURN_IF_ERROR(pop_mark(items));
      return push({Kind::kTuple, 0, {}, std::move(items)});
    case 'u':  // SETITEMS
      BITTENSOR_RETURN_IF_ERROR(pop_mark(items));
      return add_items(Kind::kDict, items);
    case 'e':  // APPENDS
      BITTENSOR_RETURN_IF_ERROR(pop_mark(items));
      return add_items(Kind::kList, items);
    case 's':  // SETITEM
      items.resize(2);
      BITTENSOR_RETURN_IF_ERROR(pop(items[1]));
      BITTENSOR_RETURN_IF_ERROR(pop(items[0]));
      return add_items(Kind::kDict, items);
    case 'a':  // APPEND
      items.resize(1);
      BITTENSOR_RETURN_IF_ERROR(pop(items[0]));
      return add_items(Kind::kList, items);
    default:
      return step_memo(instruction);
  }
}

absl::Status PickleMachine::step_memo(char instruction) {
  std::uint8_t narrow = 0;
  std::uint32_t wide = 0;
  switch (instruction) {
    case 'q':  // BINPUT
      BITTENSOR_RETURN_IF_ERROR(take_number(narrow));
      return remember(narrow);
    case 'r':  // LONG_BINPUT
      BITTENSOR_RETURN_IF_ERROR(take_number(wide));
      return remember(wide);
    case '\x94':  // MEMOIZE
      return remember(static_cast<std::uint32_t>(memo_.size()));
    case 'h':  // BINGET
      BITTENSOR_RETURN_IF_ERROR(take_number(narrow));
      return recall(narrow);
    case 'j':  // LONG_BINGET
      BITTENSOR_RETURN_IF_ERROR(take_number(wide));
      return recall(wide);
    default:
      return step_object(instruction);
  }
}

absl::Status PickleMachine::step_object(char instruction) {
  switch (instruction) {
    case 'c': {  // GLOBAL
      absl::string_view module;
      absl::string_view name;
      BITTENSOR_RETURN_IF_ERROR(take_line(module));
      BITTENSOR_RETURN_IF_ERROR(take_line(name));
      return push_global(module, name);
    }
    case '\x93': {  // STACK_GLOBAL
      Ref name = 0;
      Ref module = 0;
      BITTENSOR_RETURN_IF_ERROR(pop(name));
      BITTENSOR_RETURN_IF_ERROR(pop(module));
      if (values_[name].kind != Kind::kString || values_[module].kind != Kind::kString) {
        return bad_pickle("a Python name is not a string");
      }
      return push_global(values_[module].text, values_[name].text);
    }
    case 'R':  // REDUCE
      return call();
    case 'Q':  // BINPERSID
      return load_persistent();
    case 'b': {  // BUILD: attributes, which a dictionary of tensors has no use for
      Ref attributes = 0;
      BITTENSOR_RETURN_IF_ERROR(pop(attributes));
      if (stack_.empty() || values_[stack_.back()].kind != Kind::kDict) {
        return bad_pickle("attributes of something that has none");
      }
      return absl::OkStatus();
    }
    default:
      return absl::PermissionDeniedError(
          absl::StrCat("pickle instruction 0x", absl::Hex(static_cast<unsigned char>(instruction)),
                       " at byte ", at_ - 1, " is not allowed"));
  }
}

absl::Status PickleMachine::push(Value value) {
  if (values_.size() >= kMaxValues || stack_.size() >= kMaxValues) return too_many();
  stack_.push_back(static_cast<Ref>(values_.size()));
  values_.push_back(std::move(value));
  return absl::OkStatus();
}

absl::Status PickleMachine::push_long(std::size_t bytes) {
  absl::string_view digits;
  BITTENSOR_RETURN_IF_ERROR(take(bytes, digits));
  if (bytes > sizeof(std::int64_t)) return push({Kind::kString, 0, digits, {}});
  if (bytes == 0) return push_int(0);
  std::uint64_t number = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(digits[i]);
  }
  const std::size_t unused = 64 - 8 * bytes;  // two's complement of so many bytes
  return push_int(static_cast<std::int64_t>(number << unused) >> unused);
}

absl::Status PickleMachine::push_tuple_of(std::size_t count) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor < count) return bad_pickle("the stack is empty");
  Value tuple;
  tuple.kind = Kind::kTuple;
  tuple.items.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return push(std::move(tuple));
}

absl::Status PickleMachine::push_global(absl::string_view module, absl::string_view name) {
  if (module == "collections" && name == "OrderedDict") {
    return push({Kind::kGlobal, kOrderedDict, {}, {}});
  }
  if (module == "torch._utils" && name == "_rebuild_tensor_v2") {
    return push({Kind::kGlobal, kRebuildTensor, {}, {}});
  }
  if (module == "torch._utils" && name == "_rebuild_parameter") {
    return push({Kind::kGlobal, kRebuildParameter, {}, {}});
  }
  if (module == "torch") {
    for (const auto& [storage_class, dtype] : kStorageClasses) {
      if (name == storage_class) {
        return push({Kind::kStorageClass, static_cast<std::int64_t>(dtype), {}, {}});
      }
    }
  }
  return absl::PermissionDeniedError(absl::StrCat("the pickle asks for the Python name ",
                                                  in_quotes(absl::StrCat(module, ".", name)),
                                                  ", which is not allowed"));
}

absl::Status PickleMachine::pop(Ref& ref) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return bad_pickle("the stack is empty");
  ref = stack_.back();
  stack_.pop_back();
  return absl::OkStatus();
}

absl::Status PickleMachine::pop_mark(std::vector<Ref>& items) {
  if (marks_.empty()) return bad_pickle("no mark");
  items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return absl::OkStatus();
}

absl::Status PickleMachine::add_items(Kind kind, const std::vector<Ref>& items) {
  if (stack_.empty() || values_[stack_.back()].kind != kind) {
    return bad_pickle("items for something that holds none");
  }
  if (kind == Kind::kDict && items.size() % 2 != 0) return bad_pickle("a key without its value");
  auto& held = values_[stack_.back()].items;
  held.insert(held.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleMachine::remember(std::uint32_t key) {
  if (stack_.empty()) return bad_pickle("the stack is empty");
  if (memo_.size() >= kMaxValues) return too_many();
  memo_[key] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleMachine::recall(std::uint32_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) return bad_pickle("an unknown value is recalled");
  if (stack_.size() >= kMaxValues) return too_many();
  stack_.push_back(found->second);
  return absl::OkStatus();
}

absl::Status PickleMachine::call() {
  Ref arguments = 0;
  Ref function = 0;
  BITTENSOR_RETURN_IF_ERROR(pop(arguments));
  BITTENSOR_RETURN_IF_ERROR(pop(function));
  const Value& given = values_[arguments];
  if (values_[function].kind != Kind::kGlobal || given.kind != Kind::kTuple) {
    return bad_pickle("a call of something that is not a function");
  }
  switch (values_[function].number) {
    case kOrderedDict:
      if (!given.items.empty()) return bad_pickle("an OrderedDict with arguments");
      return push({Kind::kDict, 0, {}, {}});
    case kRebuildTensor:
      return push({Kind::kTensor, arguments, {}, {}});
    default:  // kRebuildParameter: the tensor, and what training knows about it
      if (given.items.empty()) return bad_pickle("a parameter without a tensor");
      stack_.push_back(given.items[0]);
      return absl::OkStatus();
  }
}

absl::Status PickleMachine::load_persistent() {
  Ref id = 0;
  BITTENSOR_RETURN_IF_ERROR(pop(id));
  if (values_[id].kind != Kind::kTuple) return bad_pickle("a persistent id that is not a tuple");
  return push({Kind::kStorage, id, {}, {}});
}

absl::Status PickleMachine::take(std::size_t count, absl::string_view& bytes) {
  if (pickle_.size() - at_ < count) return bad_pickle("it is cut short");
  bytes = pickle_.substr(at_, count);
  at_ += count;
  return absl::OkStatus();
}

template <typename Number>
absl::Status PickleMachine::take_number(Number& number) {
  absl::string_view bytes;
  BITTENSOR_RETURN_IF_ERROR(take(sizeof number, bytes));
  number = *read_number<Number>(bytes, 0);
  return absl::OkStatus();
}

absl::Status PickleMachine::take_line(absl::string_view& line) {
  const std::size_t end = pickle_.find('\n', at_);
  if (end == absl::string_view::npos) return bad_pickle("it is cut short");
  line = pickle_.substr(at_, end - at_);
  at_ = end + 1;
  return absl::OkStatus();
}

}  // namespace bittensor
