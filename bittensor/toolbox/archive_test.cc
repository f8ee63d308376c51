// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/archive.h"

#include <cmath>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/base/hasher.h"
#include "bittensor/toolbox/checkpoint_fixture.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

class ArchiveTest : public CheckpointFixture {
 protected:
  // Saves and loads a checkpoint with this one tensor.
  at::Tensor round_trip(const at::Tensor& tensor) const {
    Checkpoint checkpoint;
    checkpoint.synapse["t"] = tensor;
    EXPECT_EQ(save_checkpoint(path_, checkpoint), absl::OkStatus());
    const auto loaded = load_checkpoint(path_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? loaded->synapse.at("t") : at::Tensor();
  }

  absl::StatusCode load(const std::string& bytes) const {
    write_file(path_, bytes);
    return load_checkpoint(path_).status().code();
  }

  // A file with another index but a right checksum: what an attacker would send.
  std::string with_index(const std::string& index) const {
    const std::string whole = read_file(path_);
    std::string bytes = whole.substr(0, whole.size() - internal::kCommentSize);
    const std::size_t offset = bytes.size();
    bytes += index;
    bytes +=
        absl::StrFormat("%s index=%016x+%016x blake2b=", internal::kFormat, offset, index.size());
    Hasher hasher;
    hasher.add(bytes);
    return bytes + absl::BytesToHexString(hasher.finish());
  }

  static std::string index_with(const std::string& tensor) {
    return R"({"kind":"k","epoch":0,"step":0,"best_test_loss":null,"config":{},)"
           R"("optimizer_kind":"","tensors":{"synapse":{"t":)" +
           tensor + R"(},"router":{},"optimizer":{}}})";
  }

  // Asks that the file with `index` is refused with `why`.
  void expect_refused(const std::string& index, const std::string& why) {
    ASSERT_EQ(save_checkpoint(path_, example()), absl::OkStatus());
    write_file(path_, with_index(index));
    const absl::Status status = load_checkpoint(path_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
};

TEST_F(ArchiveTest, KeepsEveryTypeOfElements) {
  for (const auto dtype :
       {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16, torch::kInt64,
        torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool}) {
    const at::Tensor tensor = torch::tensor({0, 1, 2}).to(dtype);
    const at::Tensor loaded = round_trip(tensor);
    EXPECT_EQ(loaded.scalar_type(), tensor.scalar_type());
    EXPECT_TRUE(loaded.equal(tensor));
  }
}

TEST_F(ArchiveTest, KeepsEveryShape) {
  for (const std::vector<std::int64_t>& sizes :
       std::vector<std::vector<std::int64_t>>{{}, {0}, {3, 0, 2}, {1}, {5, 1, 7}}) {
    EXPECT_EQ(round_trip(torch::ones(sizes)).sizes(), at::IntArrayRef(sizes));
  }
}

TEST_F(ArchiveTest, KeepsStridedTensorsAsTheyRead) {
  const at::Tensor tensor = torch::arange(12).view({3, 4}).t();
  EXPECT_TRUE(round_trip(tensor).equal(tensor));
}

TEST_F(ArchiveTest, AViewDoesNotBringItsWholeStorage) {
  const at::Tensor row = torch::ones({1000, 1000})[7];
  EXPECT_TRUE(round_trip(row).equal(row));
  EXPECT_LT(read_file(path_).size(), 10'000U);
}

TEST_F(ArchiveTest, TiedParametersLieInTheFileOnce) {
  Checkpoint checkpoint;
  const at::Tensor shared = torch::ones({10'000});
  checkpoint.synapse = {{"embedding", shared}, {"decoder", shared}};
  ASSERT_EQ(save_checkpoint(path_, checkpoint), absl::OkStatus());
  EXPECT_LT(read_file(path_).size(), 50'000U);
  EXPECT_TRUE(load_checkpoint(path_)->synapse.at("decoder").equal(shared));
}

TEST_F(ArchiveTest, KeepsAnInfiniteBestLoss) {
  ASSERT_EQ(save_checkpoint(path_, Checkpoint()), absl::OkStatus());
  EXPECT_TRUE(std::isinf(load_checkpoint(path_)->best_test_loss));
}

TEST_F(ArchiveTest, RefusesToWriteWhatItCannotKeep) {
  Checkpoint checkpoint;
  checkpoint.synapse["sparse"] = torch::eye(2).to_sparse();
  EXPECT_EQ(save_checkpoint(path_, checkpoint).code(), absl::StatusCode::kInvalidArgument);
  checkpoint.synapse = {{"complex", torch::ones({1}, torch::kComplexFloat)}};
  EXPECT_EQ(save_checkpoint(path_, checkpoint).code(), absl::StatusCode::kInvalidArgument);
  checkpoint.synapse = {{"undefined", at::Tensor()}};
  EXPECT_EQ(save_checkpoint(path_, checkpoint).code(), absl::StatusCode::kInvalidArgument);
  checkpoint.synapse = {{"\xff", torch::ones({1})}};
  EXPECT_EQ(save_checkpoint(path_, checkpoint).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(files(), 0);
}

TEST_F(ArchiveTest, CutAnywhereIsRefused) {
  ASSERT_EQ(save_checkpoint(path_, example()), absl::OkStatus());
  const std::string whole = read_file(path_);
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    ASSERT_EQ(load(whole.substr(0, size)), absl::StatusCode::kDataLoss) << size;
  }
}

TEST_F(ArchiveTest, WithAnyByteChangedIsRefused) {
  ASSERT_EQ(save_checkpoint(path_, example()), absl::OkStatus());
  const std::string whole = read_file(path_);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] ^= 1;
    ASSERT_EQ(load(changed), absl::StatusCode::kDataLoss) << i;
  }
}

TEST_F(ArchiveTest, FoldersAndOtherFilesAreRefused) {
  EXPECT_EQ(load_checkpoint(folder_.string()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(load(std::string(100'000, 'x')), absl::StatusCode::kDataLoss);
}

TEST_F(ArchiveTest, ForgedIndexIsRefused) {
  expect_refused("", "not a JSON object");
  expect_refused("[]", "not a JSON object");
  expect_refused("{}", "is missing");
  expect_refused(std::string(1 << 20, '['), "not a JSON object");
  expect_refused(index_with("7"), "a malformed entry");
  expect_refused(index_with("{}"), "without dtype");
  expect_refused(index_with(R"({"dtype":"Quant","shape":[1],"offset":0})"), "unknown type Quant");
  expect_refused(index_with(R"({"dtype":"Float","shape":[-1],"offset":0})"), "a shape");
  expect_refused(index_with(R"({"dtype":"Float","shape":[1],"offset":-1})"), "without dtype");
  expect_refused(index_with(R"({"dtype":"Bool","shape":[2],"offset":0})"), "neither");
}

TEST_F(ArchiveTest, NoIndexMakesItTakeMoreMemoryThanTheFile) {
  expect_refused(index_with(R"({"dtype":"Byte","shape":[1000000000],"offset":0})"), "larger");
  expect_refused(index_with(R"({"dtype":"Long","shape":[4294967296,4294967296],"offset":0})"),
                 "larger");
  expect_refused(index_with(R"({"dtype":"Long","shape":[0,9223372036854775807,4],"offset":0})"),
                 "larger");
  expect_refused(index_with(R"({"dtype":"Byte","shape":[100],"offset":18446744073709551610})"),
                 "outside");
  std::string again = R"({"dtype":"Byte","shape":[3000],"offset":0})";
  for (int i = 1; i < 9; ++i) {
    again += absl::StrFormat(R"(,"t%d":{"dtype":"Byte","shape":[3000],"offset":%d})", i, i);
  }
  expect_refused(index_with(again), "tensors are larger than the file");
}

TEST_F(ArchiveTest, AnIndexChangedAtRandomNeverCrashes) {
  constexpr unsigned kSeed = 20;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  ASSERT_EQ(save_checkpoint(path_, example()), absl::OkStatus());
  const std::string whole = read_file(path_);
  const std::size_t begin = whole.find("{\"best_test_loss\"");
  const std::string index = whole.substr(begin, whole.find("}}}}", begin) + 4 - begin);
  ASSERT_EQ(load(with_index(index)), absl::StatusCode::kOk);
  for (int i = 0; i < 3000; ++i) {
    std::string changed = index;
    for (unsigned n = random() % 3; n < 3; ++n) {
      const char letters[] = "0123456789-{}[]\",:eabcE.";
      changed[random() % changed.size()] = letters[random() % (sizeof(letters) - 1)];
    }
    write_file(path_, whole);
    const absl::StatusCode code = load(with_index(changed));
    ASSERT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kDataLoss) << changed;
  }
}

}  // namespace
}  // namespace bittensor
