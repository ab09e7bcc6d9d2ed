#pragma once

#include "control/detail/desk.hpp"

// One function per endpoint; routes.cpp says which, and who may call it.
namespace shelcaster::control::detail {

using Answered = std::optional<Response>;

// shows.cpp
Answered shows_create(Desk&, Call&);
Answered shows_list(Desk&, Call&);
Answered shows_get(Desk&, Call&);
Answered shows_patch(Desk&, Call&);
Answered shows_delete(Desk&, Call&);
Answered shows_public(Desk&, Call&);
Answered shows_me(Desk&, Call&);
/// A new show with its host's seat, in the change.
studio::Show make_show(Desk&, Change&, const std::string& title, const studio::TracklistId&);
/// 422 with the pointer when there is no such tracklist.
studio::TracklistId existing_tracklist(Desk&, const std::string& id);

// shows_lifecycle.cpp
Answered shows_start(Desk&, Call&);
Answered shows_stop(Desk&, Call&);
Answered shows_status(Desk&, Call&);
Answered composition_start(Desk&, Call&);
Answered composition_stop(Desk&, Call&);
Answered composition_health(Desk&, Call&);
Answered composition_status(Desk&, Call&);

// links.cpp
Answered links_get(Desk&, Call&);
Answered join(Desk&, Call&);
Answered caller_tokens_create(Desk&, Call&);
Answered host_tokens_create(Desk&, Call&);

// participants.cpp
Answered participants_list(Desk&, Call&);
Answered participants_patch(Desk&, Call&);
Answered participants_kick(Desk&, Call&);
Answered participants_toggle(Desk&, Call&);

// audio_routing.cpp
Answered routing_get(Desk&, Call&);
Answered routing_put(Desk&, Call&);
Answered routing_reset(Desk&, Call&);

// silence.cpp
Answered silence_declare(Desk&, Call&);

// tracks.cpp
Answered tracks_create(Desk&, Call&);
Answered tracks_list(Desk&, Call&);
Answered tracks_get(Desk&, Call&);
Answered tracks_patch(Desk&, Call&);
Answered tracks_delete(Desk&, Call&);
void take_import_progress(Desk&, const ImportProgress&);
/// A track that is fetched from the URL, in the change; start_fetch() after the commit.
studio::Track make_fetched_track(Desk&, Change&, const std::string& url,
                                 const std::optional<std::string>& title);
/// `is_awaited`: the deck waits for it.
void start_fetch(Desk&, const studio::Track&, bool is_awaited = false);

// tracklists.cpp
Answered tracklists_create(Desk&, Call&);
Answered tracklists_list(Desk&, Call&);
Answered tracklists_get(Desk&, Call&);
Answered tracklists_patch(Desk&, Call&);
Answered tracklists_delete(Desk&, Call&);
Answered tracklists_put_tracks(Desk&, Call&);

// deck.cpp
Answered deck_get(Desk&, Call&);
Answered deck_command(Desk&, Call&);
/// Durable before it returns; sent to the keeper as soon as the show runs.
Response give_command(Desk&, Call&, const studio::ShowId&, const link::Command&, Change&,
                      const boost::json::value& answer);

// queue.cpp
Answered queue_get(Desk&, Call&);
Answered queue_put(Desk&, Call&);
Answered queue_add(Desk&, Call&);
Answered queue_remove(Desk&, Call&);

// outputs.cpp
Answered outputs_get(Desk&, Call&);
Answered outputs_put_rtmp(Desk&, Call&);
Answered outputs_delete_rtmp(Desk&, Call&);

// sessions.cpp
Answered sessions_create(Desk&, Call&);
Answered sessions_get(Desk&, Call&);
Answered sessions_delete(Desk&, Call&);
Answered program_command(Desk&, Call&);

// events.cpp
Answered events_list(Desk&, Call&);

// whip.cpp
Answered whip_offer(Desk&, Call&);
Answered whep_offer(Desk&, Call&);
Answered session_patch(Desk&, Call&);
Answered session_delete(Desk&, Call&);
Answered session_get(Desk&, Call&);
/// The mixer says that a session, or all of a show, are over.
void forget_ended_sessions(Desk&, const studio::ShowId&, const boost::json::object& message);
void take_exchange_reply(Desk&, const boost::json::object& message);
void expire_exchanges(Desk&);

// health.cpp
Answered shows_health(Desk&, Call&);

// metrics.cpp
Answered metrics(Desk&, Call&);
Answered healthz(Desk&, Call&);

}  // namespace shelcaster::control::detail
