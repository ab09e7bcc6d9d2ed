#include <algorithm>
#include <utility>

#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/urls.hpp"
#include "link/deck_rules.hpp"

// The seed's sessions: a show that is running, under a name of its own, and the commands for what
// it plays.
namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kUrlMax = 8'192;

/// 404 also for a session of another show: a host learns nothing about it.
studio::Session addressed_session(Desk& desk, const Call& call) {
  auto session = desk.core.find_session(studio::SessionId(call.params.at(0)));
  if (!session || (call.who.scope != Scope::kAdmin && session->show_id != call.who.show_id) ||
      ShowSweep::is_ended(desk.core, session->show_id)) {
    refuse(404, "there is no such session");
  }
  return std::move(*session);
}

json::object session_json(Desk& desk, const studio::Session& session) {
  json::object out{{"sessionId", session.id.str()},
                   {"showId", session.show_id.str()},
                   {"createdAt", session.created_at.unix_ms()}};
  if (session.ended_at) out["endedAt"] = session.ended_at->unix_ms();
  const auto show = desk.core.find_show(session.show_id);
  out["status"] = show ? studio::to_string(show->status) : "STOPPED";
  out["stageArn"] = stage_arn(session.show_id);
  out["channelArn"] = channel_arn(session.show_id);
  out["taskArn"] = show ? task_arn(*show) : json::value(nullptr);
  return out;
}

/// Each is two documents.
constexpr std::size_t kSessionsRemovedMax = 20;
/// Whoever plays one address again and again has one track of it that failed, or a few in lists.
constexpr std::size_t kFailedTracksRemovedMax = 8;

/// A show keeps a bounded number of its sessions: those that have ended go first, some at a time.
void make_room_for_session(Desk& desk, const studio::ShowId& show, Change& change) {
  const auto& index = desk.core.peek_all({store::Collection::kShowSessions, show.str()});
  if (index.size() < desk.core.config.sessions_max) return;
  store::Reading wanted;
  for (const store::Document& entry : index) {
    wanted.keys.push_back({store::Collection::kSessions, "", entry.key.id});
  }
  desk.core.fetch(std::move(wanted));
  std::size_t removed = 0;
  for (const store::Document& entry : index) {
    if (removed == kSessionsRemovedMax) break;
    const auto session = desk.core.find_session(studio::SessionId(entry.key.id));
    if (session && !session->ended_at) continue;
    change.remove({store::Collection::kSessions, "", entry.key.id});
    change.remove(entry.key);
    ++removed;
  }
  if (removed > 0) return;
  refuse(409, "this show has " + std::to_string(index.size()) +
                  " sessions open: end one first (DELETE /sessions/{sessionId})");
}

/// The track behind a program_url: one of the show's or the station's, one that the show fetched
/// before, or a new one of the show's in the change.
studio::Track track_of(Desk& desk, const studio::ShowId& show, const std::string& url,
                       Change& change, bool& is_new, Fields& fields) {
  is_new = false;
  constexpr std::string_view kOwn = "/tracks/";
  const std::string base = url.substr(0, url.find_first_of("?#"));
  if (base.starts_with(kOwn)) {
    const auto track = desk.core.find_track_for(show, studio::TrackId(base.substr(kOwn.size())));
    if (!track) fields.wrong("program_url", "there is no such track");
    return track.value_or(studio::Track());
  }
  const auto checked = check_media_url(url, desk.core.config.allow_private_urls);
  if (!checked) {
    fields.wrong("program_url", checked.error().message);
    return {};
  }
  std::size_t removed = 0;
  const auto mark = LibraryIndex::mark_of_source(url);
  for (const std::string& id : desk.core.library(store::Collection::kTracks).with({mark})) {
    const auto found = desk.core.find_track(studio::TrackId(id));
    if (!found || found->owner != studio::Owner(show) || found->source != url) continue;
    const studio::Track& track = *found;
    if (track.status != studio::TrackStatus::kFailed) return track;
    // Whoever tries again makes one track of it and not one of each time.
    if (track.is_for_deck && removed < kFailedTracksRemovedMax &&
        !is_in_a_list(desk.core, track.id)) {
      change.remove(key_of(track));
      ++removed;
    }
  }
  is_new = true;
  return make_fetched_track(desk, change, url, std::nullopt, FetchFor::kDeck, show);
}

}  // namespace

Answered sessions_create(Desk& desk, Call& call) {
  Fields fields(call.body);
  const auto show_id = fields.text("showId", 1, 100);
  const auto title = fields.text("title", 1, 200);
  if (show_id && title) fields.wrong("title", "is only for a new show: leave out showId");
  fields.finish();
  if (call.who.scope != Scope::kAdmin && (!show_id || *show_id != call.who.show_id.str())) {
    refuse(403, "a host may open sessions of their own show only");
  }
  Change change = desk.core.change(call.who);
  studio::Show show = show_id ? desk.core.show(studio::ShowId(*show_id))
                              : make_show(desk, change, title.value_or("Untitled show"), {});
  const bool needs_start = !is_up(show);
  if (needs_start) prepare_start(desk.core, show, change);
  studio::Session session{studio::SessionId(desk.core.new_id("sess")), show.id, change.at(), {}};
  if (show_id) make_room_for_session(desk, show.id, change);
  change.create(session);
  change.create({store::Collection::kShowSessions, show.id.str(), session.id.str()}, {});
  change.event(show.id, "session_created", {{"sessionId", session.id.str()}});
  Response response = desk.core.reply(call, change, 201,
                                      {{"sessionId", session.id.str()},
                                       {"showId", show.id.str()},
                                       {"stageArn", stage_arn(show.id)},
                                       {"channelArn", channel_arn(show.id)},
                                       {"hostToken", desk.core.host_token(call.who, show)},
                                       {"callerToken", desk.core.invitation(show)},
                                       {"taskArn", task_arn(show)},
                                       {"status", studio::to_string(show.status)}});
  if (needs_start) require_launched(desk, show.id);
  return response;
}

Answered sessions_get(Desk& desk, Call& call) {
  return json_response(200, session_json(desk, addressed_session(desk, call)));
}

Answered sessions_delete(Desk& desk, Call& call) {
  studio::Session session = addressed_session(desk, call);
  if (session.ended_at) return Response{204, {}, ""};
  Change change = desk.core.change(call.who);
  session.ended_at = change.at();
  change.put(session);
  change.event(session.show_id, "session_ended", {{"sessionId", session.id.str()}});
  auto show = desk.core.find_show(session.show_id);
  if (show && is_up(*show)) prepare_stop(*show, change);
  desk.core.commit(change);
  return Response{204, {}, ""};
}

Answered program_command(Desk& desk, Call& call) {
  const studio::Session session = addressed_session(desk, call);
  if (session.ended_at) refuse(409, "this session has ended");
  Fields fields(call.body);
  const auto name =
      fields.one_of("command", {"PLAY_MEDIA", "PAUSE_MEDIA", "STOP_MEDIA"}, Need::kRequired);
  (void)fields.text("programId", 0, 200);
  const bool is_play = name == "PLAY_MEDIA";
  auto url = fields.text("program_url", is_play ? 1 : 0, kUrlMax,
                         is_play ? Need::kRequired : Need::kOptional);
  if (url) url = encoded_url(*url);
  Change change = desk.core.change(call.who);
  link::Command command;
  command.id = "cmd-" + desk.core.ports.random.token(12);
  command.command = link::rule_of(is_play                 ? link::DeckVerb::kPlay
                                  : name == "PAUSE_MEDIA" ? link::DeckVerb::kPause
                                                          : link::DeckVerb::kStop)
                        .name;
  bool is_new = false;
  studio::Track track;
  if (is_play && url) {
    track = track_of(desk, session.show_id, *url, change, is_new, fields);
    if (track.status == studio::TrackStatus::kFailed) {
      fields.wrong("program_url", "its import has failed: " + track.error);
    }
  }
  fields.finish();
  if (is_play) {
    command.item = item_of(desk.core, studio::ItemId(desk.core.new_id("item")), track);
  }
  Response response = give_command(desk, call, session.show_id, command, change,
                                   {{"command", *name}, {"message", "Command sent"}});
  // The import writes the file that the deck reads while it grows.
  if (is_new) {
    start_fetch(desk, track, session.show_id.str(), FetchFor::kDeck);
  } else if (const auto found = desk.core.imports.find(track.id);
             is_play && found != desk.core.imports.end()) {
    found->second.wanted = std::max(found->second.wanted, Wanted::kSoon);
    desk.core.ports.media.set_wanted(track.id, found->second.wanted);
  }
  return response;
}

}  // namespace shelcaster::control::detail
