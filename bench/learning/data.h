// SPDX-License-Identifier: MIT
//
// How the experiments share out MNIST, and the models that peers serve.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/batches.h"
#include "datasets/labelled_images.h"
#include "synapses/mnist/mnist_synapse.h"

namespace bittensor::bench {

// With `shift`, each image moves by up to so many pixels each time it is drawn.
Batches train_batches(const LabelledImages& data, std::int64_t size, std::uint64_t seed,
                      int shift = 0);
Batches test_batches(const LabelledImages& data);

// Both batches in one.
Batch joined(const Batch& a, const Batch& b);

// `per_class` images of each class, drawn by seed, and all others.
struct FewAndRest {
  LabelledImages few, rest;
};
FewAndRest few_of_each_class(const LabelledImages& data, std::int64_t per_class,
                             std::uint64_t seed);

// The same images without their classes.
LabelledImages unlabelled(const LabelledImages& data);

LabelledImages of_classes(const LabelledImages& data, const std::vector<std::int64_t>& classes);

// A plain PyTorch-like loop over the local path: no network, no neuron.
std::shared_ptr<MnistSynapse> train_plainly(const LabelledImages& data, std::int64_t steps,
                                            std::uint64_t seed);

// Three models, each trained on a different third of `data`. Made once per seed.
std::vector<std::shared_ptr<MnistSynapse>> good_models(const LabelledImages& data, bool quick,
                                                       std::uint64_t seed);

// Of the local path, in percent.
double local_accuracy(ImageClassifier& synapse, const LabelledImages& test);

}  // namespace bittensor::bench
