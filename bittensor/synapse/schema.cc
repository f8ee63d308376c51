// SPDX-License-Identifier: MIT
#include "bittensor/synapse/schema.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/finite.h"

namespace bittensor {
namespace {

constexpr int kMaxRowDimensions = 7;  // a wire tensor has 8, and one of them is the batch
constexpr int kImageRowDimensions = 3;
constexpr std::int64_t kMaxNetworkDim = 65536;
constexpr std::size_t kMaxTaskName = 64;
constexpr std::int64_t kMaxClasses = 65536;

const char* dtype_name(at::ScalarType dtype) {
  switch (wire_dtype(dtype)) {
    case v1::DTYPE_FLOAT32:
      return "float32";
    case v1::DTYPE_FLOAT16:
      return "float16";
    case v1::DTYPE_BFLOAT16:
      return "bfloat16";
    case v1::DTYPE_FLOAT64:
      return "float64";
    case v1::DTYPE_INT64:
      return "int64";
    case v1::DTYPE_INT32:
      return "int32";
    case v1::DTYPE_UINT8:
      return "uint8";
    default:
      return at::toString(dtype);
  }
}

bool fits(at::IntArrayRef sizes, const std::vector<std::int64_t>& row) {
  if (sizes.size() != row.size() + 1) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] != -1 && row[i] != sizes[i + 1]) return false;
  }
  return true;
}

absl::StatusOr<std::vector<std::int64_t>> row_shape(const v1::Schema& schema) {
  if (schema.shape_size() > kMaxRowDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema of ", schema.shape_size(), " dimensions; at most 7 are taken"));
  }
  if (schema.modality() == v1::MODALITY_IMAGE && schema.shape_size() != kImageRowDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema of an image with ", schema.shape_size(), " dimensions, not 3"));
  }
  for (const std::int64_t size : schema.shape()) {
    if (size < 1 && size != -1) {
      return absl::InvalidArgumentError(absl::StrCat("schema with a dimension of size ", size));
    }
  }
  return std::vector<std::int64_t>(schema.shape().begin(), schema.shape().end());
}

}  // namespace

v1::Modality to_proto(Modality modality) {
  switch (modality) {
    case Modality::kText:
      return v1::MODALITY_TEXT;
    case Modality::kImage:
      return v1::MODALITY_IMAGE;
    case Modality::kTensor:
      return v1::MODALITY_TENSOR;
  }
  return v1::MODALITY_UNSPECIFIED;
}

absl::StatusOr<Modality> from_proto(v1::Modality modality) {
  switch (modality) {
    case v1::MODALITY_TEXT:
      return Modality::kText;
    case v1::MODALITY_IMAGE:
      return Modality::kImage;
    case v1::MODALITY_TENSOR:
      return Modality::kTensor;
    default:
      return absl::InvalidArgumentError(absl::StrCat("unknown modality ", modality));
  }
}

absl::Status Schema::check_shape(const Inputs& inputs) const {
  if (inputs.modality != modality) {
    return absl::UnimplementedError(absl::StrCat("synapse takes ", bittensor::to_string(*this),
                                                 ", not ", bittensor::to_string(inputs.modality)));
  }
  const bool text = modality == Modality::kText;
  if (!text && !inputs.tensor.defined()) return absl::InvalidArgumentError("inputs are missing");
  if (!text && (inputs.tensor.scalar_type() != dtype || !fits(inputs.tensor.sizes(), shape))) {
    return absl::InvalidArgumentError(
        absl::StrCat("synapse takes ", bittensor::to_string(*this), ", not ",
                     dtype_name(inputs.tensor.scalar_type()), " [",
                     absl::StrJoin(inputs.tensor.sizes(), ", "), "]"));
  }
  if (inputs.batch() == 0) return absl::InvalidArgumentError("inputs have no rows");
  return absl::OkStatus();
}

absl::Status Schema::check(const Inputs& inputs) const {
  BITTENSOR_RETURN_IF_ERROR(check_shape(inputs));
  if (!all_finite(inputs.tensor)) {
    return absl::InvalidArgumentError("inputs hold NaN or infinite values");
  }
  return absl::OkStatus();
}

v1::Task to_proto(const Task& task) {
  v1::Task message;
  message.set_name(task.name);
  message.set_classes(task.classes);
  return message;
}

absl::StatusOr<Task> from_proto(const v1::Task& message) {
  if (message.name().empty()) return Task();
  if (message.name().size() > kMaxTaskName || message.classes() < 1 ||
      message.classes() > kMaxClasses) {
    return absl::InvalidArgumentError(
        absl::StrCat("task of a name of ", message.name().size(), " bytes and ", message.classes(),
                     " classes; at most ", kMaxTaskName, " and ", kMaxClasses));
  }
  return Task{message.name(), message.classes()};
}

v1::Schema to_proto(const Schema& schema) {
  v1::Schema message;
  if (schema.task.defined()) *message.mutable_task() = to_proto(schema.task);
  message.set_modality(to_proto(schema.modality));
  message.set_network_dim(schema.network_dim);
  if (schema.modality == Modality::kText) return message;
  message.set_dtype(wire_dtype(schema.dtype));
  for (const Compression compression :
       {Compression::kFloat16, Compression::kBfloat16, Compression::kInt8}) {
    if (schema.compressions.contains(compression)) {
      message.add_compressions(to_proto(compression));
    }
  }
  for (const std::int64_t size : schema.shape) message.add_shape(size);
  return message;
}

absl::StatusOr<Schema> from_proto(const v1::Schema& message) {
  Schema schema;
  BITTENSOR_ASSIGN_OR_RETURN(schema.modality, from_proto(message.modality()));
  if (message.network_dim() < 1 || message.network_dim() > kMaxNetworkDim) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema of network_dim ", message.network_dim(), ", not in [1, 65536]"));
  }
  schema.network_dim = message.network_dim();
  BITTENSOR_ASSIGN_OR_RETURN(schema.task, from_proto(message.task()));
  if (schema.modality == Modality::kText) return schema;
  BITTENSOR_ASSIGN_OR_RETURN(schema.dtype, scalar_type(message.dtype()));
  BITTENSOR_ASSIGN_OR_RETURN(schema.shape, row_shape(message));
  schema.compressions = CompressionSet();
  for (const int compression : message.compressions()) {
    schema.compressions.insert(from_proto(static_cast<v1::Compression>(compression)));
  }
  return schema;
}

std::string to_string(const Schema& schema) {
  if (schema.modality == Modality::kText) {
    return absl::StrCat("text -> [batch, sequence, ", schema.network_dim, "]");
  }
  std::string row;
  for (const std::int64_t size : schema.shape) absl::StrAppend(&row, ", ", size);
  return absl::StrCat(to_string(schema.modality), " ", dtype_name(schema.dtype), " [batch", row,
                      "] -> [batch, ", schema.network_dim, "]");
}

}  // namespace bittensor
