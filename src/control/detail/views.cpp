#include "control/detail/views.hpp"

#include "archive/json_writer.hpp"
#include "control/detail/alert_watch.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/desk.hpp"
#include "control/detail/figures.hpp"
#include "control/detail/owners.hpp"
#include "control/detail/presence.hpp"
#include "control/urls.hpp"

#include <fmt/format.h>

#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}
template <typename T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}
json::value cover_url(const std::string& cover) {
  return cover.empty() ? json::value(nullptr) : json::value("/covers/" + cover);
}

}  // namespace

std::string stage_arn(const studio::ShowId& id) {
  return "arn:shelcaster:stage:local:0:stage/" + id.str();
}
std::string channel_arn(const studio::ShowId& id) {
  return "arn:shelcaster:channel:local:0:channel/" + id.str();
}
json::value task_arn(const studio::Show& show) {
  if (show.task_number == 0) return nullptr;
  return json::value(
      fmt::format("arn:shelcaster:task:local:0:task/{}/{}", show.id.str(), show.task_number));
}

json::object show_json(const studio::Show& show) {
  json::object out{{"showId", show.id.str()},
                   {"title", show.title},
                   {"status", studio::to_string(show.status)},
                   {"stageArn", stage_arn(show.id)},
                   {"channelArn", channel_arn(show.id)},
                   {"hostUserId", show.host_user_id.str()},
                   {"compositionServiceTaskArn", task_arn(show)},
                   {"compositionServiceStatus", studio::to_string(show.composition_status)},
                   {"tracklistId", text_or_null(show.tracklist_id.str())},
                   {"createdAt", show.created_at.unix_ms()},
                   {"updatedAt", show.updated_at.unix_ms()}};
  if (!show.error.empty()) out["error"] = show.error;
  return out;
}

json::object participant_json(const Core& core, const LiveBoard& board, const studio::Show& show,
                              const studio::Participant& person) {
  const studio::ParticipantFacts known = facts(board, person);
  std::string connection = "disconnected";
  json::object stats;
  if (const LiveShow* live = board.find(person.show_id); live != nullptr) {
    if (const auto seat = live->seats.find(person.id); seat != live->seats.end()) {
      connection = seat->second.connection;
      if (seat->second.stats) stats = link::to_json(*seat->second.stats);
    }
  }
  json::object out{{"participantId", person.id.str()},
                   {"username", person.username},
                   {"role", studio::to_string(person.role)},
                   {"isOwner", person.id == show.host_user_id},
                   {"isOnAir", person.is_on_air},
                   {"isPublishing", known.is_publishing},
                   {"joinedAt", person.joined_at.unix_ms()},
                   {"state", studio::to_string(studio::state_of(known))},
                   {"selfMuted", person.is_self_muted},
                   {"invitedByName", person.is_invited_by_name},
                   {"waiting", is_waiting(core, board, person)},
                   {"kicked", person.is_kicked},
                   {"connection", connection},
                   {"stats", std::move(stats)}};
  if (person.left_at) out["leftAt"] = person.left_at->unix_ms();
  return archive::to_json_object(person.controls, std::move(out));
}

json::array participants_json(Core& core, const LiveBoard& board, const studio::Show& show) {
  json::array out;
  for (const studio::Participant& person : core.participants(show.id)) {
    out.push_back(participant_json(core, board, show, person));
  }
  return out;
}

json::object routing_json(Core& core, const studio::ShowId& id, const studio::AudioRouting& r) {
  json::array on_air;
  for (const studio::Participant& person : core.participants(id)) {
    if (person.role == studio::Role::kCaller && person.is_on_air && !person.is_kicked) {
      on_air.emplace_back(person.id.str());
    }
  }
  return archive::to_json_object(
      r, {{"onAirCallerIds", std::move(on_air)}, {"updatedAt", r.updated_at.unix_ms()}});
}

json::object track_json(const Core& core, const studio::Track& track) {
  double progress = track.status == studio::TrackStatus::kReady ? 1 : 0;
  if (const auto found = core.imports.find(track.id);
      found != core.imports.end() && track.status == studio::TrackStatus::kImporting) {
    progress = found->second.progress;
  }
  json::object out{
      {"trackId", track.id.str()},
      {"title", track.title},
      {"status", studio::to_string(track.status)},
      {"durationMs", or_null(track.duration_ms)},
      {"loudnessLufs", or_null(track.loudness_lufs)},
      {"truePeakDb", or_null(track.true_peak_db)},
      {"gainDb", track.gain_db},
      {"artist", track.artist},
      {"album", track.album},
      {"coverUrl", cover_url(track.cover)},
      {"progress", progress},
      {"source", track.source == "upload" ? track.source : without_secrets(track.source)},
      {"owner", owner_text(track.owner)},
      {"createdAt", track.created_at.unix_ms()}};
  if (!track.error.empty()) out["error"] = track.error;
  return out;
}

json::object tracklist_json(const studio::Tracklist& list) {
  json::array ids;
  for (const studio::TrackId& id : list.track_ids) ids.emplace_back(id.str());
  return {{"tracklistId", list.id.str()},
          {"title", list.title},
          {"trackIds", std::move(ids)},
          {"owner", owner_text(list.owner)},
          {"createdAt", list.created_at.unix_ms()},
          {"updatedAt", list.updated_at.unix_ms()}};
}

json::object deck_json(const studio::Deck& deck) {
  return {{"state", studio::to_string(deck.state)},
          {"itemId", text_or_null(deck.item_id.str())},
          {"title", deck.title},
          {"artist", deck.artist},
          {"album", deck.album},
          {"coverUrl", cover_url(deck.cover)},
          {"positionMs", deck.position_ms},
          {"durationMs", or_null(deck.duration_ms)}};
}

json::value now_playing_json(const studio::Deck& deck) {
  if (deck.state != studio::DeckState::kPlaying || deck.item_id.empty()) return nullptr;
  return {{"title", deck.title},
          {"artist", deck.artist},
          {"album", deck.album},
          {"coverUrl", cover_url(deck.cover)}};
}

json::object queue_json(Core& core, const studio::ShowId& show, const studio::Queue& queue) {
  json::array items;
  core.fetch_tracks(queue.items);
  for (const studio::QueueItem& item : queue.items) {
    const auto track = core.find_track_for(show, item.track_id);
    items.push_back({{"itemId", item.id.str()},
                     {"trackId", item.track_id.str()},
                     {"title", track ? track->title : std::string()},
                     {"durationMs", track ? or_null(track->duration_ms) : json::value(nullptr)},
                     {"status", track ? studio::to_string(track->status) : "FAILED"}});
  }
  return {{"items", std::move(items)}};
}

namespace {

/// What the publisher tells of this output. Nothing: nothing yet, or only of the one that stood
/// there before.
const json::object* output_report(const json::object& status, const studio::Output& output) {
  const json::value* publish = status.if_contains("publish");
  if (publish == nullptr || !publish->is_object()) return nullptr;
  const json::value* reports = publish->get_object().if_contains("outputs");
  if (reports == nullptr || !reports->is_array()) return nullptr;
  for (const json::value& report : reports->get_array()) {
    if (!report.is_object()) continue;
    const json::object& one = report.get_object();
    const json::value* id = one.if_contains("id");
    const json::value* revision = one.if_contains("revision");
    if (id == nullptr || *id != json::value(output.id)) continue;
    // A publisher of before tells none.
    if (revision != nullptr && *revision != json::value(output.revision)) return nullptr;
    return &one;
  }
  return nullptr;
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view();
}

void put_figure(json::object& to, std::string_view name, const json::object& from,
                std::string_view from_name) {
  const json::value* figure = from.if_contains(from_name);
  if (figure != nullptr && figure->is_number()) to[name] = *figure;
}

}  // namespace

json::object outputs_json(Core& core, const LiveBoard& board, const studio::ShowId& id) {
  json::array out;
  const LiveShow* live = board.find(id);
  const auto show = core.find_show(id);
  const bool is_up = show && (show->status == studio::ShowStatus::kStarting ||
                              show->status == studio::ShowStatus::kLive);
  for (const studio::Output& output : core.outputs(id)) {
    json::object one{{"id", output.id},
                     {"url", without_secrets(output.url)},
                     {"streamKeySet", !output.stream_key.empty()},
                     {"constantRate", output.is_constant_rate},
                     {"state", is_up ? "connecting" : "idle"},
                     {"detail", ""},
                     {"problem", nullptr}};
    const json::object* report = live != nullptr ? output_report(live->status, output) : nullptr;
    if (report != nullptr) {
      one["state"] = text_of(*report, "state");
      one["detail"] = text_of(*report, "detail");
      if (const std::string_view code = text_of(*report, "problem"); !code.empty()) {
        one["problem"] = {{"code", code}, {"text", text_of(*report, "detail")}};
      }
      put_figure(one, "delayMs", *report, "delayMs");
      put_figure(one, "bitrateBps", *report, "bitrateBps");
      put_figure(one, "droppedFrames", *report, "framesDropped");
      put_figure(one, "connections", *report, "connections");
    }
    out.push_back(std::move(one));
  }
  return {{"outputs", std::move(out)}};
}

json::object output_json(const Core& core, const LiveBoard& board, const studio::Show& show) {
  json::array problems;
  json::value decoded = nullptr;
  const LiveShow* live = board.find(show.id);
  if (show.status == studio::ShowStatus::kLive) {
    const std::optional<std::int64_t> heartbeat =
        live != nullptr && live->last_heartbeat ? std::optional(live->last_heartbeat->unix_ms())
                                                : std::nullopt;
    const json::object reported = live != nullptr ? live->status : json::object();
    for (std::string& problem : output_problems(reported, heartbeat, core.wall().unix_ms())) {
      problems.emplace_back(std::move(problem));
    }
    decoded = decoded_json(reported);
  } else if (show.status == studio::ShowStatus::kError) {
    problems.emplace_back(show.error);
  }
  return {
      {"ok", problems.empty()}, {"problems", std::move(problems)}, {"decoded", std::move(decoded)}};
}

namespace {

/// {fallback, silenceUntil}: what plays in a silent programme's place, and until when none may.
json::object dead_air_json(Desk& desk, const studio::Show& show) {
  const LiveShow* live = desk.board.find(show.id);
  const bool is_told = live != nullptr && live->fallback && !live->fallback->empty();
  const std::int64_t until = desk.core.silence_until_ms(show.id);
  return {{"fallback", is_told ? json::value(*live->fallback) : json::value(nullptr)},
          {"silenceUntil",
           until > desk.core.wall().unix_ms() ? json::value(until) : json::value(nullptr)}};
}

}  // namespace

json::object composition_json(Desk& desk, const studio::Show& show) {
  json::value heartbeat = nullptr;
  json::object metrics;
  if (const LiveShow* live = desk.board.find(show.id); live != nullptr) {
    if (live->last_heartbeat) heartbeat = live->last_heartbeat->unix_ms();
    metrics = live->status;
  }
  metrics["output"] = output_json(desk.core, desk.board, show);
  json::array unreadable;
  for (const std::string& problem : desk.core.unreadable(show.id)) unreadable.emplace_back(problem);
  return {{"status", studio::to_string(show.composition_status)},
          {"lastHeartbeat", std::move(heartbeat)},
          {"alerts", alerts_json(desk.core, show.id)},
          {"deadAir", dead_air_json(desk, show)},
          {"unreadable", std::move(unreadable)},
          {"metrics", std::move(metrics)}};
}

std::int64_t connected_count(Core& core, const LiveBoard& board, const studio::ShowId& id) {
  std::int64_t count = 0;
  for (const studio::Participant& person : core.participants(id)) {
    if (facts(board, person).is_connected) ++count;
  }
  return count;
}

json::object status_frame(Desk& desk, const studio::Show& show) {
  return {{"type", "status"},
          {"composition", composition_json(desk, show)},
          {"participantCount", connected_count(desk.core, desk.board, show.id)},
          {"viewerCount", desk.core.ports.viewers.viewers(show.id)}};
}

json::object event_json(const store::Event& event) {
  json::object out = EventHub::frame_of(event);
  out.erase("type");
  return out;
}

json::object state_frame(Desk& desk, const studio::ShowId& id, const Identity& who) {
  Core& core = desk.core;
  const LiveBoard& board = desk.board;
  const bool is_desk = who.scope == Scope::kAdmin || who.scope == Scope::kHost;
  if (is_desk) {
    core.fetch(id, {Part::kShow, Part::kPeople, Part::kRouting, Part::kSilence, Part::kQueue,
                    Part::kDeck, Part::kOutputs, Part::kAlerts});
  }
  const studio::Show show = core.show(id);
  json::object frame{{"type", "state"}, {"eventNumber", core.event_range(id).last}};
  if (!who.participant_id.empty()) {
    frame["me"] = participant_json(core, board, show, core.participant(id, who.participant_id));
  }
  if (!is_desk) {
    frame["show"] = {{"showId", show.id.str()},
                     {"title", show.title},
                     {"status", studio::to_string(show.status)}};
    return frame;
  }
  frame["show"] = show_json(show);
  frame["participants"] = participants_json(core, board, show);
  frame["audioRouting"] = routing_json(core, id, core.routing(id));
  frame["deck"] = deck_json(deck_of(core, board, id));
  frame["queue"] = std::move(queue_json(core, id, core.queue(id)).at("items"));
  frame["outputs"] = std::move(outputs_json(core, board, id).at("outputs"));
  frame["composition"] = composition_json(desk, show);
  frame["viewerCount"] = core.ports.viewers.viewers(id);
  return frame;
}

}  // namespace shelcaster::control::detail
