// SPDX-License-Identifier: MIT
//
// Code that pages show in pieces, so that it compiles (docs_test.py).
#include <cstdio>

#include "synapses/bert/folder.h"
#include "text/tokenizer.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/standalone_neuron.h"

namespace bittensor {

// docs/your_own_model.md
void train(StandaloneNeuron* neuron, const MakeMiniBatch& make, std::int64_t steps,
           torch::optim::Optimizer& optimizer) {
  Neuron& inner = neuron->neuron();
  for (std::int64_t step = 0; step < steps; ++step) {
    const TrainingStep::Result result = inner.step(make, step, steps, optimizer);
    if (step % 100 == 0) {
      std::printf("step %ld  loss %.3f  neurons known %zu\n", static_cast<long>(step),
                  result.output.local_target_loss.item<double>(), inner.metagraph().size());
    }
  }
}

// synapses/bert/README.md
absl::StatusOr<at::Tensor> classify(const std::string& folder,
                                    const std::vector<std::string>& texts) {
  BITTENSOR_ASSIGN_OR_RETURN(const BertTokenizer tokenizer, BertTokenizer::load(folder));
  BITTENSOR_ASSIGN_OR_RETURN(const BertFolder bert, open_bert(folder, BertTask::kClassification));
  const auto logits =
      bert.model->forward(make_bert_input(tokenizer.encode_batch(texts, {}))).logits;
  return logits;
}

}  // namespace bittensor
