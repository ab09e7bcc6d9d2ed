#include <charconv>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

std::uint64_t query_number(const Call& call, const std::string& name, std::uint64_t otherwise,
                           std::uint64_t max) {
  const auto found = call.query.find(name);
  if (found == call.query.end()) return otherwise;
  std::uint64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
  if (error != std::errc() || stopped != end || value > max) {
    refuse(422, "?" + name + "= must be a whole number up to " + std::to_string(max));
  }
  return value;
}

}  // namespace

Answered events_list(Desk& desk, Call& call) {
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  const std::uint64_t after = query_number(call, "after", 0, INT64_MAX);
  const std::uint64_t limit = query_number(call, "limit", 1000, 10'000);
  const auto events = desk.core.ports.store.events(show.str(), after, limit);
  if (!events) refuse(503, "the event log can't be read now");
  json::array out;
  for (const store::Event& event : *events) {
    if (EventHub::may_see(call.who, event)) out.push_back(event_json(event));
  }
  return json_response(200, {{"events", std::move(out)}, {"last", desk.core.last_event(show)}});
}

}  // namespace shelcaster::control::detail
