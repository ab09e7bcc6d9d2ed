#include "app/publish/desired_outputs.hpp"

namespace shelcaster::app {

std::optional<DesiredOutput> desired_output(const boost::json::object& desired) {
  const auto* outputs = desired.if_contains("outputs");
  if (outputs == nullptr || !outputs->is_array()) return std::nullopt;
  for (const auto& value : outputs->get_array()) {
    if (!value.is_object()) continue;
    const auto* id = value.get_object().if_contains("id");
    const auto* url = value.get_object().if_contains("url");
    if (id == nullptr || !id->is_string() || url == nullptr || !url->is_string()) continue;
    return DesiredOutput{std::string(id->get_string()), std::string(url->get_string())};
  }
  return std::nullopt;
}

}  // namespace shelcaster::app
