#include "control/detail/figures.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// {role, pid, cpuSeconds, pssBytes}, with null for what a process that has ended doesn't tell.
/// `reported`: what it last said of itself, which has the memory that others may not ask for.
json::object process_json(const Core& core, std::string_view role, std::int64_t pid,
                          const json::object& reported) {
  json::object out{{"role", role}, {"pid", pid}, {"cpuSeconds", nullptr}, {"pssBytes", nullptr}};
  if (const auto use = core.ports.processes.use(pid)) {
    out["cpuSeconds"] = use->cpu_seconds;
    const json::value* own = reported.if_contains("pssBytes");
    if (use->pss_bytes) {
      out["pssBytes"] = *use->pss_bytes;
    } else if (own != nullptr && own->is_int64() && own->get_int64() > 0) {
      out["pssBytes"] = *own;
    }
  }
  return out;
}

json::array processes_json(const Core& core, const LiveShow& live) {
  json::array out;
  if (live.keeper_pid > 0)
    out.push_back(process_json(core, "compose", live.keeper_pid, live.status));
  for (const char* role : {"mix", "publish"}) {
    const json::value* child = live.status.if_contains(role);
    const json::value* pid =
        child != nullptr && child->is_object() ? child->get_object().if_contains("pid") : nullptr;
    if (pid != nullptr && pid->is_int64() && pid->get_int64() > 0) {
      out.push_back(process_json(core, role, pid->get_int64(), child->get_object()));
    }
  }
  return out;
}

}  // namespace

Answered shows_health(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople, Part::kSilence, Part::kAlerts});
  const studio::Show show = desk.core.show(call.show_id());
  const LiveShow* live = desk.board.find(show.id);
  json::object out = composition_json(desk, show);
  const json::object reported = live != nullptr ? live->status : json::object();
  out.erase("metrics");
  out["showId"] = show.id.str();
  out["showStatus"] = studio::to_string(show.status);
  out["mixer"] = mixer_json(reported);
  out["publisher"] = publisher_json(reported);
  out["output"] = output_json(desk.core, desk.board, show);
  out["processes"] = live != nullptr ? processes_json(desk.core, *live) : json::array();
  out["participantCount"] = connected_count(desk.core, desk.board, show.id);
  out["viewerCount"] = desk.core.ports.viewers.viewers(show.id);
  out["eventClients"] = desk.core.hub.size(show.id);
  return json_response(200, out);
}

}  // namespace shelcaster::control::detail
