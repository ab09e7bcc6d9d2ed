#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "control/detail/alert_watch.hpp"
#include "control/detail/figures.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace {

/// The mixers' own counters, a series a show. They start anew with a mixer's process.
class MixerSeries {
 public:
  void add(const studio::ShowId& show, const boost::json::object& status) {
    const boost::json::value mixer = mixer_json(status);
    if (!mixer.is_object()) return;
    for (const auto& [field, name] : kFields) {
      add(name, fmt::format("show=\"{}\"", show.str()), mixer.at(field));
    }
    for (const auto& cause : mixer.at("drops").get_object()) {
      add("shelcaster_mixer_drops_total",
          fmt::format("show=\"{}\",cause=\"{}\"", show.str(), std::string_view(cause.key())),
          cause.value());
    }
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& [name, lines] : lines_)
      out += fmt::format("# TYPE {} counter\n{}", name, lines);
    return out;
  }

 private:
  static constexpr std::array<std::pair<const char*, const char*>, 6> kFields{
      {{"ticks", "shelcaster_mixer_ticks_total"},
       {"lateTicks", "shelcaster_mixer_late_ticks_total"},
       {"missedTicks", "shelcaster_mixer_missed_ticks_total"},
       {"restarts", "shelcaster_mixer_restarts_total"},
       {"deadAirFallbacks", "shelcaster_dead_air_fallbacks_total"},
       {"falseFallbacks", "shelcaster_dead_air_false_fallbacks_total"}}};

  void add(const std::string& name, const std::string& labels, const boost::json::value& count) {
    if (count.is_null()) return;
    lines_[name] += fmt::format("{}{{{}}} {}\n", name, labels, boost::json::serialize(count));
  }

  std::map<std::string, std::string> lines_;
};

/// Every kind, also those of which there has been none: an alarm in Prometheus needs the zero.
std::string alert_series(const Desk& desk) {
  std::string out = "# TYPE shelcaster_alerts_active gauge\n";
  for (const auto& [kind, count] : count_alerts(desk.core)) {
    out += fmt::format("shelcaster_alerts_active{{kind=\"{}\"}} {}\n", to_string(kind), count);
  }
  const AlarmCounts told = desk.core.ports.alarms.counts();
  out += "# TYPE shelcaster_webhooks_total counter\n";
  for (const auto& [result, count] : {std::pair("delivered", told.delivered),
                                      {"failed", told.failed},
                                      {"dropped", told.dropped}}) {
    out += fmt::format("shelcaster_webhooks_total{{result=\"{}\"}} {}\n", result, count);
  }
  return out;
}

}  // namespace

Answered healthz(Desk&, Call&) { return json_response(200, {{"status", "ok"}}); }

/// The control plane's counters in the Prometheus text format 0.0.4.
Answered metrics(Desk& desk, Call&) {
  std::map<studio::ShowStatus, int> by_status;
  for (const studio::ShowStatus status : studio::kShowStatuses) by_status[status] = 0;
  std::int64_t participants = 0;
  std::int64_t viewers = 0;
  MixerSeries mixers;
  const std::vector<studio::Show> shows = desk.core.shows();
  store::Reading people;
  for (const studio::Show& show : shows) {
    if (desk.board.find(show.id) != nullptr) add_part(Part::kPeople, show.id, people);
  }
  desk.core.fetch(std::move(people));
  for (const studio::Show& show : shows) {
    ++by_status[show.status];
    const LiveShow* live = desk.board.find(show.id);
    if (live == nullptr) continue;
    mixers.add(show.id, live->status);
    participants += connected_count(desk.core, desk.board, show.id);
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
  out += mixers.text();
  out += alert_series(desk);
  out += fmt::format("# TYPE shelcaster_store_waiting gauge\nshelcaster_store_waiting {}\n",
                     desk.core.ports.store.waiting().count);
  out += fmt::format(
      "# TYPE shelcaster_unreadable_documents gauge\nshelcaster_unreadable_documents {}\n",
      desk.core.unreadable_count());
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
