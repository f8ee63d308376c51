// SPDX-License-Identifier: MIT
#include "python/src/node.h"

#include <algorithm>
#include <utility>

#include "ATen/Parallel.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/blas.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/neuron/neuron_watch.h"
#include "bittensor/neuron/parts.h"

namespace bittensor::python {

absl::StatusOr<std::unique_ptr<Node>> Node::open(const NeuronOptions& options,
                                                 std::function<bool()> give_up) {
  set_openblas_threads(at::get_num_threads());  // As torch.set_num_threads() said.
  Dendrite::Options dendrite = dendrite_options(options);
  dendrite.give_up = std::move(give_up);
  Base base;
  base.executor = std::make_unique<ThreadExecutor>();
  BITTENSOR_ASSIGN_OR_RETURN(NeuronStart start, start_neuron(options, "python", *base.executor));
  base.wallet = std::make_unique<Wallet>(std::move(start.wallet));
  base.lock = std::make_unique<FileLock>(std::move(start.lock));
  base.display = std::move(start.display);
  BITTENSOR_ASSIGN_OR_RETURN(base.transport, make_transport(options, *base.wallet, *base.executor));
  return std::unique_ptr<Node>(new Node(options, std::move(base), options.step.learning,
                                        axon_options(options), std::move(dendrite)));
}

Node::Node(const NeuronOptions& options, Base base, Learning learning, Axon::Options axon,
           Dendrite::Options dendrite)
    : options_(options),
      base_(std::move(base)),
      learning_(std::move(learning)),
      dendrite_options_(std::move(dendrite)),
      metagraph_(metagraph_options(options_), *base_.transport, *base_.wallet, *base_.executor),
      axon_(axon_options_of(std::move(axon), learning_, metagraph_), *base_.transport,
            *base_.wallet, *base_.executor),
      teachers_(learning_.learn_from) {}

Node::~Node() {
  stop();
}

void Node::set_schema(const Schema& schema) {
  const MutexLock lock(mutex_);
  schema_ = schema;
}

void Node::subscribe(const Schema& schema) {
  {
    const MutexLock lock(mutex_);
    schema_ = schema;
    subscribed_ = true;
  }
  announce();
}

Dendrite& Node::dendrite() {
  const MutexLock lock(mutex_);
  if (dendrite_ == nullptr) {
    Dendrite::Options options = dendrite_options_;
    if (schema_) {
      options.calls.network_dim = schema_->network_dim;
      options.calls.task = schema_->task;
    }
    dendrite_ = std::make_unique<Dendrite>(std::move(options), *base_.transport, *base_.wallet,
                                           *base_.executor, [this] { return axon_.served(); });
    base_.display->attach(metagraph_, axon_, *dendrite_);
  }
  return *dendrite_;
}

absl::Status Node::start_axon() {
  BITTENSOR_RETURN_IF_ERROR(axon_.start());
  announce();
  return absl::OkStatus();
}

absl::Status Node::start_metagraph() {
  BITTENSOR_RETURN_IF_ERROR(metagraph_.start());
  describe();
  watch().set_phase(Watch::Phase::kWaiting);
  return absl::OkStatus();
}

void Node::announce() {
  std::optional<Schema> schema;
  {
    const MutexLock lock(mutex_);
    if (subscribed_) schema = schema_;
  }
  if (!schema || axon_.port() == 0) return;
  metagraph_.subscribe(*schema, axon_.port());
  describe();
  dendrite();  // With it there is all that is to be seen, also of a neuron that asks nobody.
}

void Node::describe() {
  std::string task;
  {
    const MutexLock lock(mutex_);
    if (schema_) task = schema_->task.name;
  }
  base_.display->describe(task, axon_.port() == 0 ? "" : axon_address(metagraph_, axon_));
}

void Node::step_done(std::int64_t steps, std::int64_t samples, const at::Tensor& loss) {
  watch().set_phase(Watch::Phase::kTraining);
  SynapseOutput output;
  output.loss = loss;
  loss_.step_done(watch(), output, steps, samples);
}

void Node::learn_from_others(const std::vector<at::Tensor>& parameters,
                             std::vector<TaughtGradients::Taught> more) {
  const at::NoGradGuard no_grad;
  auto taught = axon_.take_gradients();
  for (auto& one : more) taught.push_back(std::move(one));
  if (!taught.empty()) teachers_.add(taught, parameters, relative_weights());
}

std::function<double(const PublicKey&)> Node::relative_weights() const {
  const WeightRow row = metagraph_.weights();
  double sum = 0;
  for (const auto& [key, weight] : row) sum += weight;
  if (!(sum > 0)) return [](const PublicKey&) { return 0.0; };
  return [this, mean = sum / static_cast<double>(row.size())](const PublicKey& peer) {
    return std::min(1.0, metagraph_.get_weight(peer) / mean);
  };
}

// The dendrite would wait for its calls to the end of their time: they are cut.
void Node::stop() {
  watch().set_phase(Watch::Phase::kEnded);
  base_.display->neuron_watch().look();  // The last thing that is seen of it.
  base_.display->detach();
  metagraph_.stop();
  axon_.stop();
  base_.transport->close();
}

}  // namespace bittensor::python
