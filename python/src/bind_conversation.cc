// SPDX-License-Identifier: MIT
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pybind11/stl.h"
#include "python/src/batch.h"
#include "python/src/bindings.h"
#include "python/src/conversation.h"
#include "python/src/gil.h"
#include "python/src/python_synapse.h"

namespace bittensor::python {

void bind_conversation(py::module_& module) {
  py::class_<Conversation::Question>(module, "Question")
      .def("size",
           [](const Conversation::Question& question) {
             return question.heard ? 0 : question.asked.route.synapses.size();
           })
      .def(
          "ready",
          [](const Conversation::Question& question) {
            return question.heard || question.asked.pending.ready();
          },
          NoGil());
  py::class_<Conversation>(module, "Conversation")
      .def(py::init([](std::shared_ptr<Node> node, std::shared_ptr<PythonSynapse> synapse,
                       std::shared_ptr<Router> router) {
             return std::make_unique<Conversation>(std::move(node), std::move(synapse),
                                                   std::move(router));
           }),
           py::arg("node"), py::arg("synapse"), py::arg("router"))
      .def(
          "ask",
          [](Conversation& conversation, const std::string& modality, Batch batch,
             std::optional<at::Tensor> labels, std::optional<at::Tensor> context, bool in_turn) {
            return conversation.ask(inputs_of(modality_of(modality), std::move(batch)),
                                    or_undefined(std::move(labels)),
                                    or_undefined(std::move(context)), in_turn);
          },
          NoGil())
      .def(
          "hear",
          [](Conversation& conversation, Conversation::Question& question,
             std::optional<at::Tensor> context, std::int64_t sequence) {
            return conversation.hear(question, or_undefined(std::move(context)), sequence);
          },
          NoGil())
      .def("balance_loss", &Conversation::balance_loss)
      .def("prediction", &Conversation::prediction, NoGil())
      .def("synapses", &Conversation::synapses)
      .def("answers", &Conversation::answers)
      .def("lessons",
           [](Conversation& conversation) {
             // Of text, the rows without anything hidden, which have no labels.
             std::vector<std::pair<Batch, std::optional<at::Tensor>>> pairs;
             for (Lesson& lesson : conversation.lessons()) {
               if (lesson.rows() == 0) continue;
               if (lesson.labels.defined()) {
                 pairs.emplace_back(batch_of(lesson.inputs), std::move(lesson.labels));
               } else {
                 pairs.emplace_back(std::move(lesson.texts), std::nullopt);
               }
             }
             return pairs;
           })
      .def(
          "learn",
          [](Conversation& conversation, std::optional<at::Tensor> lesson_loss) {
            conversation.learn(or_undefined(std::move(lesson_loss)));
          },
          py::arg("lesson_loss") = py::none(), NoGil());
}

}  // namespace bittensor::python
