// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "c10/core/Device.h"
#include "synapses/bert/heads.h"
#include "text/tokenizer.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// A BERT's folder as transformers saves it, opened for a task, without its tokenizer.
struct BertFolder {
  BertConfig config;                   // of the model as it was opened
  std::shared_ptr<BertForTask> model;  // in evaluation mode
  // Parameters that the task needs and the folder lacks: a head that was not trained, with fresh
  // numbers.
  std::vector<std::string> fresh;
  // Parameters of the folder that no BERT has. (Heads of other tasks are not named.)
  std::vector<std::string> unknown;
};

// The files of a folder as they are.
struct BertFiles {
  BertConfig config;
  TensorMap weights;  // by bert_names(); they are a body as `config` says, and whatever heads
};

// Reads `path` as open_bert() does, with its errors but those of the task.
absl::StatusOr<BertFiles> read_bert(const std::string& path);

struct BertFolderOptions {
  // Whether a head that the folder lacks begins anew, to be trained. If not, such a folder is
  // refused: its guesses would be chance.
  bool fresh_head = false;
  // Classes of a fresh head; of another number than the folder's, the folder's head is left out.
  // 0: as config.json says.
  std::int64_t num_labels = 0;
  std::vector<std::string> labels;  // their names; empty: as config.json says
  torch::Device device = torch::kCPU;
};

// Opens `path`: a folder with config.json and model.safetensors or pytorch_model.bin, or either
// in pieces (*.index.json), of any of transformers' BERT classes. Parameters become float32,
// whatever they are in the file; those that are float32 there stay in the mapped file, which must
// not be cut while the model lives (to put another in its place is no harm). Takes memory in
// proportion to what is read.
//
//   BITTENSOR_ASSIGN_OR_RETURN(auto folder, open_bert(path, BertTask::kMaskedWords));
//   const torch::NoGradGuard no_grad;
//   const BertHeadOutput output = folder.model->forward(make_bert_input(encodings));
//   output.logits          // as BertForTask says for each task
//   output.encoded.hidden  // [batch, sequence, hidden]
//   output.encoded.pooled  // [batch, hidden]; undefined if the folder has no pooler
//
// kNotFound; kInvalidArgument, saying what the folder is and what it lacks, for another model
// than a BERT and for a BERT without a head for `task`; kDataLoss or as read_weights() for
// damaged files.
absl::StatusOr<BertFolder> open_bert(const std::string& path, BertTask task,
                                     const BertFolderOptions& options = {});

// The tokenizer of such a folder, whose model has `config`. Errors as BertTokenizer::load()'s;
// kInvalidArgument if it has tokens that the model does not know.
absl::StatusOr<std::shared_ptr<const BertTokenizer>> open_bert_tokenizer(const std::string& path,
                                                                         const BertConfig& config);

// Writes config.json and model.safetensors into `path`, which is made if it is not there, so
// that transformers opens them. The tokenizer's files are written by whoever has the tokenizer.
absl::Status save_bert(const std::string& path, const BertForTask& model);
// The same of any model whose `weights` have the names of transformers' class `architecture`.
absl::Status save_bert(const std::string& path, BertConfig config, const std::string& architecture,
                       TensorMap weights);

}  // namespace bittensor
