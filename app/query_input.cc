// SPDX-License-Identifier: MIT
#include "app/query_input.h"

#include <exception>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/picture.h"
#include "torch/nn/functional/upsampling.h"
#include "torch/serialize.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

namespace F = torch::nn::functional;

constexpr std::int64_t kMaxPixels = std::int64_t{64} << 20;
constexpr std::int64_t kColours = 3;

// [1, 3, rows, cols], in [0, 1].
at::Tensor tensor_of(RgbPicture& picture) {
  return torch::from_blob(picture.pixels.data(), {1, picture.rows, picture.cols, kColours},
                          torch::kUInt8)
             .permute({0, 3, 1, 2})
             .to(torch::kFloat)
             .contiguous() /
         255;
}

// By the weights of ITU-R BT.601, as pictures become grey elsewhere.
at::Tensor grey(const at::Tensor& pixels) {
  const at::Tensor weights = torch::tensor({0.299f, 0.587f, 0.114f}).view({1, kColours, 1, 1});
  return (pixels * weights).sum(1, /*keepdim=*/true);
}

// Of pixels that lie together the mean, so that a large picture made small has no noise.
at::Tensor resized(const at::Tensor& pixels, std::vector<std::int64_t> size) {
  if (pixels.size(2) == size[0] && pixels.size(3) == size[1]) return pixels;
  if (pixels.size(2) >= size[0] && pixels.size(3) >= size[1]) {
    return F::interpolate(pixels, F::InterpolateFuncOptions().size(size).mode(torch::kArea));
  }
  return F::interpolate(
      pixels, F::InterpolateFuncOptions().size(size).mode(torch::kBilinear).align_corners(false));
}

absl::StatusOr<at::Tensor> read_picture(const std::string& path, const Schema& schema,
                                        const Normalisation& normalisation) {
  BITTENSOR_ASSIGN_OR_RETURN(RgbPicture picture, read_picture_file(path, kMaxPixels));
  at::Tensor pixels = tensor_of(picture);
  const std::int64_t channels = schema.shape[0] < 0 ? kColours : schema.shape[0];
  if (channels == 1) pixels = grey(pixels);
  if (channels != pixels.size(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a picture has 1 or 3 channels, the synapse takes ", channels));
  }
  const auto or_its_own = [&](std::int64_t wanted, std::int64_t own) {
    return wanted < 0 ? own : wanted;
  };
  pixels = resized(pixels, {or_its_own(schema.shape[1], pixels.size(2)),
                            or_its_own(schema.shape[2], pixels.size(3))});
  const auto per_channel = [&](const std::vector<double>& values) {
    return torch::tensor(values).to(torch::kFloat).view({1, -1, 1, 1});
  };
  for (const auto* values : {&normalisation.mean, &normalisation.deviation}) {
    if (values->size() != 1 && values->size() != static_cast<std::size_t>(channels)) {
      return absl::InvalidArgumentError(absl::StrCat("--mean and --deviation of ", values->size(),
                                                     " numbers for ", channels, " channels"));
    }
  }
  return (pixels - per_channel(normalisation.mean)) / per_channel(normalisation.deviation);
}

// Its first bytes. kNotFound.
absl::StatusOr<std::string> beginning_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  std::string bytes(16, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

absl::StatusOr<at::Tensor> read_tensor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  try {
    const torch::IValue value = torch::pickle_load(bytes);
    if (value.isTensor()) return value.toTensor();
  } catch (const std::exception&) {
    // Said below: what libtorch says is about its own insides.
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": neither a picture (PNG, JPEG) nor one tensor that torch.save() wrote"));
}

}  // namespace

absl::StatusOr<Inputs> query_input(const std::string& input, const Schema& schema,
                                   const Normalisation& normalisation) {
  if (schema.modality == Modality::kText) return Inputs::of_text({input});
  at::Tensor tensor;
  BITTENSOR_ASSIGN_OR_RETURN(const std::string beginning, beginning_of(input));
  if (schema.modality == Modality::kImage && is_picture(beginning)) {
    BITTENSOR_ASSIGN_OR_RETURN(tensor, read_picture(input, schema, normalisation));
  } else {
    BITTENSOR_ASSIGN_OR_RETURN(tensor, read_tensor(input));
  }
  if (tensor.dim() == static_cast<std::int64_t>(schema.shape.size())) tensor = tensor.unsqueeze(0);
  Inputs inputs{schema.modality, tensor.detach().to(schema.dtype).contiguous(), {}};
  if (const absl::Status fits = schema.check(inputs); !fits.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(input, ": ", fits.message()));
  }
  return inputs;
}

}  // namespace bittensor
