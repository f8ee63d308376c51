// SPDX-License-Identifier: MIT
#pragma once

#include "torch/nn/modules/container/sequential.h"

#include "bittensor/synapse/synapse.h"

namespace bittensor {

// What comes after the encoder, in synapses for images and for text alike: a student that guesses
// the network context from the model's own, and a joint part that makes an output of either.
//
// Every output lies in (-1, 1), and whoever calls output_of() with a network context holds it to
// [-1, 1]: what a peer answers cannot make the loss or its gradient explode. Not thread-safe.
class StudentSynapse : public Synapse {
 protected:
  // `student` and `joint`: hidden units of the two parts.
  StudentSynapse(std::int64_t network_dim, std::int64_t student, std::int64_t joint);

  // The guess of the network context, [..., network_dim] as `context`. The student learns from
  // the context, but the context does not learn from the student: being easy to imitate is no
  // merit in an encoder.
  torch::Tensor student_of(const torch::Tensor& context);

  // [..., network_dim], all three. The local path joins context and guess, and lets the context
  // pass; the network path takes the network context for both. With few labels of its own a model
  // learns them by heart: were its context beside the others' answers there, the network path would
  // look at nothing else.
  torch::Tensor output_of(const torch::Tensor& joined, const torch::Tensor& past);

 private:
  torch::nn::Sequential student_{nullptr};
  torch::nn::Sequential joint_{nullptr};
};

}  // namespace bittensor
