#include "control/detail/alert_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "control/detail/figures.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using namespace std::chrono_literals;
using store::Collection;
using studio::ShowStatus;

namespace {

constexpr base::Duration kLookEvery = 1s;

store::Key alerts_key(const studio::ShowId& show) { return {Collection::kAlerts, "", show.str()}; }

std::string raised_series(AlertKind kind) {
  return fmt::format("shelcaster_alerts_raised_total{{kind=\"{}\"}}", to_string(kind));
}

json::object alert_json(const Alert& alert) {
  json::object out{{"kind", to_string(alert.kind)}, {"detail", alert.detail}};
  if (!alert.output_id.empty()) out["outputId"] = alert.output_id;
  return out;
}

json::array alerts_json_of(const std::vector<Alert>& alerts) {
  json::array out;
  for (const Alert& alert : alerts) {
    out.push_back(alert_json(alert));
    out.back().get_object()["since"] = alert.since.unix_ms();
  }
  return out;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// The word for what is wrong with an output, as in outputs_json.
std::string problem_of(const json::object& output) {
  const json::value& problem = output.at("problem");
  return problem.is_object() ? text_of(problem.get_object(), "code") : std::string();
}

/// For the log, which can't have the sentence: a destination's own words may stand in it.
std::string where_and_why(const AlertChange& change) {
  std::string text;
  for (const std::string& word : {change.alert.output_id, change.problem}) {
    if (!word.empty()) text += (text.empty() ? ": " : " ") + word;
  }
  return text;
}

/// What a document doesn't say rightly is left out: an alert is raised again, which is better than
/// none.
std::vector<Alert> parse_alerts(const json::object& body) {
  std::vector<Alert> alerts;
  const json::value* list = body.if_contains("alerts");
  if (list == nullptr || !list->is_array()) return alerts;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) continue;
    const json::object& one = item.get_object();
    const auto kind = parse_alert_kind(text_of(one, "kind"));
    const json::value* since = one.if_contains("since");
    if (!kind || since == nullptr || !since->is_int64()) continue;
    alerts.push_back({*kind, text_of(one, "outputId"), text_of(one, "detail"),
                      base::WallTime::from_unix_ms(since->get_int64())});
  }
  return alerts;
}

AlertFacts facts_of(Core& core, const LiveBoard& board, const studio::Show& show) {
  AlertFacts facts;
  const LiveShow* live = board.find(show.id);
  if (live != nullptr) {
    if (live->last_heartbeat) facts.heartbeat = live->last_heartbeat->unix_ms();
    facts.clip_ms = clip_ms(live->status);
    facts.fallback = live->fallback;
    facts.disk_problem = disk_problem(live->status);
    facts.state_problem = live->state_problem;
  }
  if (const std::string problem = core.disk_problem(); !problem.empty()) {
    facts.disk_problem = problem;
  }
  const std::vector<studio::Output> set = core.outputs(show.id);
  const auto revision_of = [&](const std::string& output) {
    const auto found = std::ranges::find(set, output, &studio::Output::id);
    return found == set.end() ? 0 : found->revision;
  };
  const json::object outputs = outputs_json(core, board, show.id);
  for (const json::value& item : outputs.at("outputs").get_array()) {
    const json::object& one = item.get_object();
    facts.outputs.push_back(
        {text_of(one, "id"), text_of(one, "state") == "live" && one.at("problem").is_null(),
         text_of(one, "detail"), problem_of(one), revision_of(text_of(one, "id"))});
  }
  const auto recording =
      live != nullptr && core.config.has_recording ? recording_problem(live->status) : std::nullopt;
  if (recording) {
    facts.outputs.push_back({std::string(kRecordingOutput), recording->empty(), *recording, "", 0});
  }
  const json::object output = output_json(core, board, show);
  for (const json::value& problem : output.at("problems").get_array()) {
    facts.output_problems.emplace_back(problem.get_string());
  }
  return facts;
}

void tell(Core& core, const studio::Show& show, base::WallTime at,
          const std::vector<AlertChange>& changes) {
  for (const AlertChange& one : changes) {
    const std::string kind(to_string(one.alert.kind));
    base::log::warn("control", "{}: alert {} {}{}", show.id.str(), kind,
                    one.is_raised ? "raised" : "cleared", where_and_why(one));
    if (one.is_raised) ++core.counters[raised_series(one.alert.kind)];
    core.ports.alarms.tell(
        {kind, one.is_raised, show.id, show.title, at, one.alert.detail, one.alert.output_id});
  }
}

void commit(Core& core, const studio::Show& show, const AlertBook& before, const AlertBook& next,
            const std::vector<AlertChange>& changes) {
  if (changes.empty() && before.raised() == next.raised()) return;
  Change change = core.change_by_system();
  for (const AlertChange& one : changes) {
    change.event(show.id, one.is_raised ? "alert_raised" : "alert_cleared", alert_json(one.alert));
  }
  store::Key key = alerts_key(show.id);
  if (next.raised().empty()) {
    change.remove(std::move(key));
  } else {
    // Nobody else writes it, and the book knows what is in it.
    change.overwrite(std::move(key), {{"alerts", alerts_json_of(next.raised())}});
  }
  change.let_wait();
  core.commit(change);
  tell(core, show, change.at(), changes);
}

}  // namespace

json::array alerts_json(Core& core, const studio::ShowId& id) {
  const auto& document = core.peek(alerts_key(id));
  return document ? alerts_json_of(parse_alerts(document->body)) : json::array();
}

std::map<AlertKind, int> count_alerts(const Core& core) {
  std::map<AlertKind, int> counts;
  for (const AlertKind kind : kAlertKinds) counts[kind] = 0;
  const auto documents = core.ports.store.list(Collection::kAlerts, "");
  if (!documents) return counts;
  for (const store::Document& document : *documents) {
    for (const Alert& alert : parse_alerts(document.body)) ++counts[alert.kind];
  }
  return counts;
}

void prepare_end_of_alerts(Core& core, const studio::Show& show, const std::string& why,
                           Change& change) {
  const auto document = core.ports.store.get(alerts_key(show.id));
  if (!document || !*document) return;
  AlertBook book(parse_alerts((*document)->body));
  change.remove(alerts_key(show.id));
  change.then(
      [&core, show, at = change.at(), changes = book.end(why)] { tell(core, show, at, changes); });
}

void AlertWatch::recover(Core& core) {
  // A rate can't be told of a series that begins with its first count.
  for (const AlertKind kind : kAlertKinds) core.counters[raised_series(kind)] = 0;
  const auto documents = core.ports.store.list(Collection::kAlerts, "");
  if (!documents) {
    base::log::error("control", "alerts: {}", documents.error().message);
    return;
  }
  for (const store::Document& document : *documents) {
    books_.insert_or_assign(studio::ShowId(document.key.id),
                            AlertBook(parse_alerts(document.body)));
  }
}

void AlertWatch::handle_tick(Core& core, const LiveBoard& board) {
  const base::Instant now = core.ports.clock.now();
  if (looked_at_ && now - *looked_at_ < kLookEvery) return;
  looked_at_ = now;
  std::set<studio::ShowId> shows;
  for (const studio::ShowId& id : board.shows()) shows.insert(id);
  for (const auto& [id, book] : books_) shows.insert(id);
  for (const studio::ShowId& id : shows) {
    core.contained(id.str(), [&] { look(core, board, id); });
  }
}

void AlertWatch::look(Core& core, const LiveBoard& board, const studio::ShowId& id) {
  const auto show = core.find_show(id);
  if (!show) {
    books_.erase(id);
    return;
  }
  AlertBook next = books_[id];
  switch (show->status) {
    case ShowStatus::kLive: {
      const auto changes =
          next.update(facts_of(core, board, *show), core.ports.clock.now(), core.wall());
      return take(core, *show, next, changes);
    }
    case ShowStatus::kError: {
      const auto changes = next.fail(show->error, core.wall());
      return take(core, *show, next, changes);
    }
    case ShowStatus::kStarting:
    case ShowStatus::kStopping:
      // On its way: what was wrong is judged when it has arrived.
      return;
    case ShowStatus::kCreating:
    case ShowStatus::kStopped: {
      if (!books_.contains(id)) return;
      const auto changes = next.end("the show has ended");
      commit(core, *show, books_[id], next, changes);
      books_.erase(id);
      return;
    }
  }
}

void AlertWatch::take(Core& core, const studio::Show& show, const AlertBook& next,
                      const std::vector<AlertChange>& changes) {
  commit(core, show, books_[show.id], next, changes);
  books_.insert_or_assign(show.id, next);
}

}  // namespace shelcaster::control::detail
