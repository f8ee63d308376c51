// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pybind11/stl.h"
#include "python/src/batch.h"
#include "python/src/bindings.h"
#include "python/src/status.h"

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/synapse/answer.h"
#include "bittensor/synapse/schema_text.h"

namespace bittensor::python {
namespace {

Schema make_schema(const std::string& modality, std::vector<std::int64_t> shape,
                   const py::object& dtype, std::int64_t network_dim, std::string task,
                   std::int64_t classes) {
  Schema schema;
  schema.modality = modality_of(modality);
  schema.shape = std::move(shape);
  // Through a tensor, since the type has no public way to C++ that all releases have.
  if (!dtype.is_none()) {
    schema.dtype = py::module_::import("torch")
                       .attr("empty")(0, py::arg("dtype") = dtype)
                       .cast<at::Tensor>()
                       .scalar_type();
  }
  schema.network_dim = network_dim;
  schema.task = {std::move(task), classes};
  return check(from_proto(to_proto(schema)));
}

}  // namespace

void bind_records(py::module_& module) {
  py::class_<Schema>(module, "Schema")
      .def(py::init(&make_schema), py::arg("modality"), py::arg("shape"), py::arg("dtype"),
           py::arg("network_dim"), py::arg("task"), py::arg("classes"))
      .def_property_readonly("modality",
                             [](const Schema& schema) { return to_string(schema.modality); })
      .def_readonly("shape", &Schema::shape)
      .def_readonly("network_dim", &Schema::network_dim)
      .def_property_readonly("task", [](const Schema& schema) { return schema.task.name; })
      .def_property_readonly("classes", [](const Schema& schema) { return schema.task.classes; })
      .def("__repr__", [](const Schema& schema) { return to_string(schema); });
  module.def("parse_schema", [](const std::string& text) {
    const auto schema = parse_schema(text);
    if (!schema.ok()) throw py::value_error(std::string(schema.status().message()));
    return *schema;
  });
  py::class_<SynapseRecord>(module, "SynapseRecord")
      .def_property_readonly("key", [](const SynapseRecord& record) { return record.key.hex(); })
      .def_readonly("axon_address", &SynapseRecord::axon_address)
      .def_readonly("schema", &SynapseRecord::schema)
      .def("__repr__", [](const SynapseRecord& record) {
        return absl::StrCat("<synapse ", record.key.short_hex(), " at ", record.axon_address, ": ",
                            to_string(record.schema), ">");
      });
  py::class_<Answer>(module, "Answer")
      .def_property_readonly("ok", [](const Answer& answer) { return answer.status.ok(); })
      .def_property_readonly(
          "code",
          [](const Answer& answer) { return absl::StatusCodeToString(answer.status.code()); })
      .def_property_readonly(
          "message", [](const Answer& answer) { return std::string(answer.status.message()); })
      .def_readonly("output", &Answer::output)
      .def_readonly("prediction", &Answer::prediction)
      .def_property_readonly(
          "seconds",
          [](const Answer& answer) { return std::chrono::duration<double>(answer.took).count(); })
      .def("__repr__", [](const Answer& answer) {
        return answer.status.ok() ? absl::StrCat("<answer of ", answer.output.size(0), " rows>")
                                  : absl::StrCat("<no answer: ", answer.status.ToString(), ">");
      });
}

}  // namespace bittensor::python
