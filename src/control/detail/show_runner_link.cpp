#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/detail/show_runner.hpp"
#include "control/detail/views.hpp"

// What keepers report. A malformed message is logged and dropped: the two ends may be of different
// versions, and the show must go on.
namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowId;
using studio::ShowStatus;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kDeckStoreInterval = 10s;

bool is_running(const json::object& status, std::string_view child) {
  const json::value* part = status.if_contains(child);
  if (part == nullptr || !part->is_object()) return false;
  const json::value* state = part->get_object().if_contains("state");
  if (state == nullptr || !state->is_string()) return false;
  std::string text(state->get_string());
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text == "RUNNING";
}

/// Of a mixer that has said it; one that is being started has not.
std::optional<std::string> reported_fallback(const json::object& status) {
  const json::value* mix = status.if_contains("mix");
  const json::value* fallback =
      mix != nullptr && mix->is_object() ? mix->get_object().if_contains("fallback") : nullptr;
  if (fallback == nullptr || !fallback->is_string()) return std::nullopt;
  return std::string(fallback->get_string());
}

}  // namespace

void ShowRunner::handle_link(const ShowId& id, const json::object& message) {
  const std::string_view type = link::type_of(message);
  if (type == "hello") return do_hello(id, message);
  if (type == "status") return do_status(id, message);
  if (type == "seat") return do_seat(id, message);
  if (type == "sessions") return do_sessions(id, message);
  if (type == "deck") return do_deck(id, message);
  if (type == "deck_item_ended") return do_deck_item_ended(id, message);
  if (type == "dead_air" || type == "dead_air_ended") return do_dead_air(id, message);
  if (type == "ack") return do_ack(id, message);
  if (type == "levels") return core_.hub.publish_live(id, {}, message, true);
  if (type == "stopped") {
    if (const auto show = core_.find_show(id)) become_stopped(*show);
    return;
  }
  base::log::debug("control", "{}: a link message of unknown type is dropped", id.str());
}

void ShowRunner::do_hello(const ShowId& id, const json::object& message) {
  const auto hello = link::parse_hello(message);
  if (!hello) {
    base::log::warn("control", "{}", hello.error().message);
    return;
  }
  const auto show = core_.find_show(id);
  const bool is_wanted =
      show && (show->status == ShowStatus::kStarting || show->status == ShowStatus::kLive);
  if (!is_wanted) {
    // It belongs to a show that was stopped or deleted while its keeper was away.
    (void)core_.ports.stages.send(id, link::stop());
    if (show && show->status == ShowStatus::kStopping) live(id).is_connected = true;
    return;
  }
  LiveShow& running = live(id);
  running.is_connected = true;
  running.is_running = false;
  running.keeper_pid = hello->pid;
  running.deadline = core_.ports.clock.now() + core_.config.start_timeout;
  // What was sent on a connection that broke may not have arrived; ids make sending it again safe.
  for (auto& command : running.commands) command.sent_at.reset();
  // A serve that had changes only in memory, since its disk failed, died with them: the keeper has
  // seen versions that the store never had, and the mixer takes none that is older.
  const std::int64_t stored = stored_version(id);
  if (hello->desired_version > stored + running.version_lead) {
    running.version_lead = hello->desired_version - stored + 1;
  }
  push_desired(id);
  running.is_watched.reset();
  tell_watching();
}

void ShowRunner::do_status(const ShowId& id, const json::object& message) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  LiveShow& running = found->second;
  running.status = message;
  running.last_heartbeat = core_.wall();
  if (auto fallback = reported_fallback(message)) running.fallback = std::move(fallback);
  const bool now_running = is_running(message, "mix") && is_running(message, "publish");
  if (!now_running || (running.is_running && !running.is_unstored)) {
    // A child that is being restarted is the keeper's business, not a reason to leave LIVE; but
    // commands wait until it is back.
    running.is_running = running.is_running && now_running;
    return;
  }
  const auto show = core_.find_show(id);
  if (show && (show->status == ShowStatus::kStarting || show->status == ShowStatus::kLive)) {
    become_live(*show);
  }
}

void ShowRunner::do_seat(const ShowId& id, const json::object& message) {
  const auto report = link::parse_seat_report(message);
  if (!report) {
    base::log::warn("control", "{}", report.error().message);
    return;
  }
  // A listener of the programme has no seat.
  if (report->participant_id.empty()) return;
  const studio::ParticipantId participant(report->participant_id);
  auto person = core_.find_participant(id, participant);
  if (!person || person->is_kicked) return;
  LiveShow& running = live(id);
  const auto before = running.seats.find(participant);
  const bool was_connected =
      before != running.seats.end() && before->second.connection == "connected";
  const bool was_publishing = before != running.seats.end() && before->second.is_publishing;
  // The end of a session that another one has replaced says nothing about the person.
  if (report->connection == "disconnected" && before != running.seats.end() &&
      !report->session_id.empty() && before->second.session_id != report->session_id) {
    return;
  }
  running.seats[participant] = *report;
  const bool is_connected = report->connection == "connected";
  if (is_connected != was_connected || report->is_publishing != was_publishing) {
    Change change = core_.change_by_system();
    if (is_connected != was_connected) {
      person->has_been_connected = person->has_been_connected || is_connected;
      person->left_at = is_connected ? std::nullopt : std::optional(change.at());
      change.put(*person);
    }
    change.event(id, is_connected ? "participant_connected" : "participant_disconnected",
                 {{"participantId", participant.str()}, {"isPublishing", report->is_publishing}});
    (void)core_.try_commit(change);
  }
  json::object frame = link::to_json(*report);
  frame["state"] = studio::to_string(studio::state_of(facts(*person)));
  frame["isOnAir"] = person->is_on_air;
  core_.hub.publish_live(id, participant, frame, false);
}

void ShowRunner::do_sessions(const ShowId& id, const json::object& message) {
  const auto sessions = link::parse_sessions(message);
  if (!sessions) {
    base::log::warn("control", "{}", sessions.error().message);
    return;
  }
  end_sessions(id, sessions->ids);
  if (!sessions->is_deck_kept) play_again(id);
}

void ShowRunner::end_sessions(const ShowId& id, const std::vector<std::string>& except) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  const std::map<studio::ParticipantId, link::SeatReport> seats = found->second.seats;
  for (const auto& [participant, seat] : seats) {
    const bool goes_on = std::find(except.begin(), except.end(), seat.session_id) != except.end();
    if (goes_on || seat.connection == "disconnected") continue;
    link::SeatReport gone = seat;
    gone.connection = "disconnected";
    gone.is_publishing = false;
    gone.stats.reset();
    do_seat(id, link::to_json(gone));
  }
}

void ShowRunner::do_deck(const ShowId& id, const json::object& message) {
  const auto report = link::parse_deck_report(message);
  const auto state = report ? studio::parse_deck_state(report->state) : std::nullopt;
  if (!state) {
    base::log::warn("control", "{}: a malformed deck report is dropped", id.str());
    return;
  }
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  LiveShow& running = found->second;
  const studio::Deck before = deck(id);
  // By a keeper that found an old note: the disk was full when it was to be replaced.
  if (report->number < before.report_number.value_or(0)) return;
  studio::Deck now{*state,
                   studio::ItemId(report->item_id),
                   report->title,
                   report->position_ms,
                   report->duration_ms,
                   report->number};
  // The mixer began to play it before its import knew how long it is.
  if (!now.duration_ms && !now.item_id.empty()) now.duration_ms = duration_of(id, now.item_id);
  running.deck = now;
  const base::Instant at = core_.ports.clock.now();
  const bool is_changed = before.state != now.state || before.item_id != now.item_id;
  if (is_changed || !running.deck_stored_at || at - *running.deck_stored_at >= kDeckStoreInterval) {
    running.deck_stored_at = at;
    Change change = core_.change_by_system();
    change.put(id, now);
    if (is_changed) change.event(id, "deck_changed", deck_json(now));
    (void)core_.try_commit(change);
  }
  json::object frame = deck_json(now);
  frame["type"] = "deck";
  core_.hub.publish_live(id, {}, frame, false);
}

void ShowRunner::do_deck_item_ended(const ShowId& id, const json::object& message) {
  const auto ended = link::parse_deck_item_ended(message);
  if (!ended) {
    base::log::warn("control", "{}", ended.error().message);
    return;
  }
  // A stopped item stays first in the queue, so that PLAY plays it again.
  studio::Queue queue = core_.queue(id);
  const auto queued = std::find_if(queue.items.begin(), queue.items.end(), [&](const auto& item) {
    return item.id.str() == ended->item_id;
  });
  const bool is_queued = queued != queue.items.end();
  if (ended->is_repeated && (!is_queued || ended->reason == "STOP")) return;
  Change change = core_.change_by_system();
  json::object data{{"itemId", ended->item_id}, {"reason", ended->reason}};
  if (!ended->error.empty()) data["error"] = ended->error;
  change.event(id, "deck_item_ended", std::move(data));
  const studio::TrackId track_id = is_queued ? queued->track_id : studio::TrackId();
  if (ended->reason != "STOP" && queue.remove(studio::ItemId(ended->item_id))) {
    change.put(id, queue);
    change.event(id, "queue_updated", queue_json(core_, id, queue));
    change.desire(id);
  }
  if (!core_.try_commit(change)) return keep_unstored(id, message);
  // The deck can be at the end of what a failing URL gave before its import says that it fails.
  const auto track = core_.find_track(track_id);
  if (track && track->status == studio::TrackStatus::kImporting && live_.contains(id)) {
    live(id).left_unready.insert(track_id);
  }
}

/// The mixer has started a fallback for a silent programme, or ended it.
void ShowRunner::do_dead_air(const ShowId& id, const json::object& message) {
  const auto show = core_.find_show(id);
  if (!show) return;
  if (const auto found = live_.find(id); found != live_.end()) {
    const json::value* started = message.if_contains("started");
    found->second.fallback = started != nullptr && started->is_string()
                                 ? std::string(started->get_string())
                                 : std::string();
  }
  json::object data;
  for (const std::string_view field : {"started", "reason"}) {
    const json::value* value = message.if_contains(field);
    if (value != nullptr && value->is_string()) data[field] = *value;
  }
  for (const std::string_view field : {"lastedMs", "isFalse"}) {
    const json::value* value = message.if_contains(field);
    if (value != nullptr && (value->is_int64() || value->is_bool())) data[field] = *value;
  }
  Change change = core_.change_by_system();
  change.event(id, std::string(link::type_of(message)), std::move(data));
  (void)core_.try_commit(change);
}

void ShowRunner::do_ack(const ShowId& id, const json::object& message) {
  const auto ack = link::parse_ack(message);
  if (!ack) {
    base::log::warn("control", "{}", ack.error().message);
    return;
  }
  LiveShow& running = live(id);
  const auto found = std::find_if(running.commands.begin(), running.commands.end(),
                                  [&](const auto& command) { return command.id == ack->id; });
  if (found == running.commands.end()) return;
  Change change = core_.change_by_system();
  change.remove({store::Collection::kCommands, id.str(), found->key_id});
  if (!ack->is_ok) {
    change.event(id, "deck_command_failed", {{"id", ack->id}, {"error", ack->error}});
  }
  if (!core_.try_commit(change)) return keep_unstored(id, message);
  running.commands.erase(found);
}

void ShowRunner::handle_link_closed(const ShowId& id) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  found->second.is_connected = false;
  found->second.is_running = false;
  found->second.deadline = core_.ports.clock.now() + core_.config.redial_timeout;
}

void ShowRunner::handle_stage_exit(const ShowId& id, std::string_view detail) {
  const auto show = core_.find_show(id);
  if (!show || !live_.contains(id)) return;
  live(id).is_connected = false;
  live(id).is_running = false;
  base::log::warn("control", "the keeper of {} ended: {}", id.str(), detail);
  switch (show->status) {
    case ShowStatus::kStopping:
      return become_stopped(*show);
    case ShowStatus::kStarting:
      return fail(*show, "the show's keeper ended while starting: " + std::string(detail));
    case ShowStatus::kLive:
      return relaunch(*show);
    case ShowStatus::kCreating:
    case ShowStatus::kStopped:
    case ShowStatus::kError:
      forget(id);
      return;
  }
}

}  // namespace shelcaster::control::detail
