#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/urls.hpp"

// The seed's sessions: a show that is running, under a name of its own, and the commands for what
// it plays.
namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// 404 also for a session of another show: a host learns nothing about it.
studio::Session addressed_session(Desk& desk, const Call& call) {
  auto session = desk.core.find_session(studio::SessionId(call.params.at(0)));
  if (!session || (call.who.scope != Scope::kAdmin && session->show_id != call.who.show_id)) {
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

/// The track behind a program_url: one of ours, one fetched before, or a new one in the change.
studio::Track track_of(Desk& desk, const std::string& url, Change& change, bool& is_new,
                       Fields& fields) {
  is_new = false;
  constexpr std::string_view kOwn = "/tracks/";
  const std::string base = url.substr(0, url.find_first_of("?#"));
  if (base.starts_with(kOwn)) {
    auto track = desk.core.find_track(studio::TrackId(base.substr(kOwn.size())));
    if (!track) fields.wrong("program_url", "there is no such track");
    return track.value_or(studio::Track());
  }
  const auto checked = check_media_url(url, desk.core.config.allow_private_urls);
  if (!checked) {
    fields.wrong("program_url", checked.error().message);
    return {};
  }
  for (const studio::Track& track : desk.core.tracks()) {
    if (track.source == url && track.status != studio::TrackStatus::kFailed) return track;
  }
  is_new = true;
  return make_fetched_track(desk, change, url, std::nullopt);
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
  using enum studio::ShowStatus;
  const bool needs_start = show.status != kStarting && show.status != kLive;
  if (needs_start) desk.runner.prepare_start(show, change);
  studio::Session session{studio::SessionId(desk.core.new_id("sess")), show.id, change.at(), {}};
  change.put(session);
  change.event(show.id, "session_created", {{"sessionId", session.id.str()}});
  Response response =
      desk.core.reply(call, change, 201,
                      {{"sessionId", session.id.str()},
                       {"showId", show.id.str()},
                       {"stageArn", stage_arn(show.id)},
                       {"channelArn", channel_arn(show.id)},
                       {"hostToken", desk.core.token(Scope::kHost, show.id, show.host_user_id)},
                       {"callerToken", desk.core.token(Scope::kInvitation, show.id)},
                       {"taskArn", task_arn(show)},
                       {"status", studio::to_string(show.status)}});
  if (needs_start) desk.runner.launch(show);
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
  const bool stops = show && (show->status == studio::ShowStatus::kStarting ||
                              show->status == studio::ShowStatus::kLive);
  if (stops) desk.runner.prepare_stop(*show, change);
  desk.core.commit(change);
  if (stops) desk.runner.send_stop(show->id);
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
  const auto url = fields.text("program_url", is_play ? 1 : 0, 2048,
                               is_play ? Need::kRequired : Need::kOptional);
  Change change = desk.core.change(call.who);
  link::Command command;
  command.id = "cmd-" + desk.core.ports.random.token(12);
  command.command = is_play ? "DECK_PLAY" : name == "PAUSE_MEDIA" ? "DECK_PAUSE" : "DECK_STOP";
  bool is_new = false;
  studio::Track track;
  if (is_play && url) {
    track = track_of(desk, *url, change, is_new, fields);
    if (track.status == studio::TrackStatus::kFailed) {
      fields.wrong("program_url", "its import has failed: " + track.error);
    }
  }
  fields.finish();
  const studio::QueueItem item{studio::ItemId(desk.core.new_id("item")), track.id};
  if (is_play) {
    command.item = desk.runner.item_of(item.id, track);
    desk.runner.prepare_played(session.show_id, item, change);
  }
  Response response = give_command(desk, call, session.show_id, command, change,
                                   {{"command", *name}, {"message", "Command sent"}});
  // The import writes the file that the deck reads while it grows.
  if (is_play) desk.runner.note_played(session.show_id, item);
  if (is_new) {
    start_fetch(desk, track, true);
  } else if (track.status == studio::TrackStatus::kImporting) {
    desk.core.ports.media.expedite(track.id);
  }
  return response;
}

}  // namespace shelcaster::control::detail
