// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/pickle.h"

#include <set>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/pickle_machine.h"
#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {
namespace {

using Kind = PickleMachine::Kind;
using Ref = PickleMachine::Ref;
using Value = PickleMachine::Value;

absl::Status wrong(absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("tensor ", in_quotes(name), ": ", what));
}

// Item `index` of the tuple that a kTensor or kStorage stands for, if it has that kind.
const Value* item(const PickleMachine& machine, const Value& value, std::size_t index, Kind kind) {
  const Value& tuple = machine.value(static_cast<Ref>(value.number));
  if (index >= tuple.items.size()) return nullptr;
  const Value& found = machine.value(tuple.items[index]);
  return found.kind == kind ? &found : nullptr;
}

// The integers of a tuple, at most 8.
std::optional<std::vector<std::int64_t>> integers(const PickleMachine& machine,
                                                  const Value* tuple) {
  if (tuple == nullptr || tuple->items.size() > 8) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const Ref ref : tuple->items) {
    if (machine.value(ref).kind != Kind::kInt) return std::nullopt;
    numbers.push_back(machine.value(ref).number);
  }
  return numbers;
}

// Whether all elements lie within the storage, none of them twice over.
bool lies_in_storage(const PickledTensor& tensor) {
  const auto count = element_count(tensor.shape);
  if (!count || tensor.offset < 0 || tensor.offset > tensor.storage_elements) return false;
  if (*count == 0) return true;
  if (*count > tensor.storage_elements) return false;
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::int64_t reach = 0;
    if (tensor.strides[i] < 0 ||
        __builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return false;
    }
  }
  return last < tensor.storage_elements;
}

absl::StatusOr<PickledTensor> read_tensor(const PickleMachine& machine, absl::string_view name,
                                          const Value& value) {
  if (value.kind != Kind::kTensor) return wrong(name, "is something else");
  const Value* storage = item(machine, value, 0, Kind::kStorage);
  const Value* offset = item(machine, value, 1, Kind::kInt);
  const auto shape = integers(machine, item(machine, value, 2, Kind::kTuple));
  const auto strides = integers(machine, item(machine, value, 3, Kind::kTuple));
  if (storage == nullptr || offset == nullptr || !shape || !strides ||
      shape->size() != strides->size()) {
    return wrong(name, "its description is incomplete");
  }
  const Value* type = item(machine, *storage, 1, Kind::kStorageClass);
  const Value* key = item(machine, *storage, 2, Kind::kString);
  const Value* elements = item(machine, *storage, 4, Kind::kInt);
  if (type == nullptr || key == nullptr || elements == nullptr) {
    return wrong(name, "its storage is not described");
  }
  PickledTensor tensor{
      std::string(name), std::string(key->text), static_cast<at::ScalarType>(type->number),
      elements->number,  offset->number,         *shape,
      *strides};
  if (!lies_in_storage(tensor)) return wrong(name, "does not lie within its storage");
  return tensor;
}

// Runs `machine` to its end and gives the value if it is a `kind`.
absl::StatusOr<const Value*> run(PickleMachine& machine, Kind kind, const char* wanted,
                                 std::size_t* size) {
  BITTENSOR_ASSIGN_OR_RETURN(const Ref root, machine.run());
  if (machine.value(root).kind != kind) {
    return absl::InvalidArgumentError(absl::StrCat("the pickle is not a ", wanted));
  }
  if (size != nullptr) *size = machine.size();
  return &machine.value(root);
}

// The dictionary of tensors in one that also says other things: {"state_dict": {...}, "epoch": 3},
// as programs for training write it. `root` itself if there is none.
const Value* state_dict_in(const PickleMachine& machine, const Value* root) {
  for (std::size_t i = 0; i + 1 < root->items.size(); i += 2) {
    const Value& key = machine.value(root->items[i]);
    const Value& value = machine.value(root->items[i + 1]);
    if (value.kind == Kind::kTensor) return root;
    const bool named = key.text == "state_dict" || key.text == "model_state_dict";
    if (named && key.kind == Kind::kString && value.kind == Kind::kDict) return &value;
  }
  return root;
}

}  // namespace

absl::StatusOr<std::vector<PickledTensor>> read_state_dict(absl::string_view pickle,
                                                           std::size_t* size) {
  PickleMachine machine(pickle);
  BITTENSOR_ASSIGN_OR_RETURN(const Value* root,
                             run(machine, Kind::kDict, "dictionary of tensors", size));
  root = state_dict_in(machine, root);
  std::vector<PickledTensor> tensors;
  std::set<absl::string_view> names;
  for (std::size_t i = 0; i + 1 < root->items.size(); i += 2) {
    const Value& name = machine.value(root->items[i]);
    if (name.kind != Kind::kString) {
      return absl::InvalidArgumentError("the pickle's dictionary has a key that is not a string");
    }
    if (!names.insert(name.text).second) return wrong(name.text, "appears twice");
    BITTENSOR_ASSIGN_OR_RETURN(auto tensor,
                               read_tensor(machine, name.text, machine.value(root->items[i + 1])));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

absl::StatusOr<std::vector<std::string>> read_string_list(absl::string_view pickle,
                                                          std::size_t* size) {
  PickleMachine machine(pickle);
  BITTENSOR_ASSIGN_OR_RETURN(const Value* root, run(machine, Kind::kList, "list of strings", size));
  std::vector<std::string> strings;
  for (const Ref ref : root->items) {
    if (machine.value(ref).kind != Kind::kString) {
      return absl::InvalidArgumentError("the pickle is not a list of strings");
    }
    strings.emplace_back(machine.value(ref).text);
  }
  return strings;
}

absl::StatusOr<std::size_t> skip_pickle(absl::string_view pickle) {
  PickleMachine machine(pickle);
  BITTENSOR_RETURN_IF_ERROR(machine.run().status());
  return machine.size();
}

}  // namespace bittensor
