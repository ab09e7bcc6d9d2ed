#include <fmt/format.h>

#include <set>
#include <string>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

Answered healthz(Desk&, Call&) { return json_response(200, {{"status", "ok"}}); }

/// The control plane's counters in the Prometheus text format 0.0.4.
Answered metrics(Desk& desk, Call&) {
  std::map<studio::ShowStatus, int> by_status;
  for (const studio::ShowStatus status : studio::kShowStatuses) by_status[status] = 0;
  std::int64_t participants = 0;
  std::int64_t viewers = 0;
  for (const studio::Show& show : desk.core.shows()) {
    ++by_status[show.status];
    if (desk.runner.find_live(show.id) == nullptr) continue;
    participants += connected_count(desk.core, desk.runner, show.id);
    viewers += desk.core.ports.viewers.viewers(show.id);
  }
  std::string out = "# TYPE shelcaster_shows gauge\n";
  for (const auto& [status, count] : by_status) {
    out += fmt::format("shelcaster_shows{{status=\"{}\"}} {}\n", studio::to_string(status), count);
  }
  out += fmt::format(
      "# TYPE shelcaster_participants_connected gauge\n"
      "shelcaster_participants_connected {}\n"
      "# TYPE shelcaster_viewers gauge\nshelcaster_viewers {}\n"
      "# TYPE shelcaster_event_clients gauge\nshelcaster_event_clients {}\n",
      participants, viewers, desk.core.hub.size());
  std::string last_name;
  for (const auto& [series, value] : desk.core.counters) {
    const std::string name = series.substr(0, series.find('{'));
    if (name != last_name) out += fmt::format("# TYPE {} counter\n", name);
    last_name = name;
    out += fmt::format("{} {}\n", series, value);
  }
  return Response{200, {{"Content-Type", "text/plain; version=0.0.4"}}, out};
}

}  // namespace shelcaster::control::detail
