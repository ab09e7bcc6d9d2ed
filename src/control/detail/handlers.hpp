#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/detail/desk.hpp"
#include "link/messages.hpp"

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
Answered shows_me_patch(Desk&, Call&);
/// A new show with its host's seat, in the change.
studio::Show make_show(Desk&, Change&, const std::string& title, const studio::TracklistId&);
/// 422 with the pointer when there is no such tracklist, or none that this show may use; an empty
/// id stands for a show that is about to be made.
studio::TracklistId existing_tracklist(Desk&, const studio::ShowId&, const std::string& id);

// shows_lifecycle.cpp
Answered shows_start(Desk&, Call&);
Answered shows_stop(Desk&, Call&);
Answered shows_status(Desk&, Call&);
Answered composition_start(Desk&, Call&);
Answered composition_stop(Desk&, Call&);
Answered composition_health(Desk&, Call&);
Answered composition_status(Desk&, Call&);
/// After the commit that starts a show: 503 when its processes are known not to come up.
void require_launched(Desk&, const studio::ShowId&);

// links.cpp
Answered links_get(Desk&, Call&);
Answered links_rotate(Desk&, Call&);
Answered join(Desk&, Call&);
Answered caller_tokens_create(Desk&, Call&);
Answered host_tokens_create(Desk&, Call&);

// participants.cpp
Answered participants_list(Desk&, Call&);
Answered participants_patch(Desk&, Call&);
Answered participants_kick(Desk&, Call&);
Answered bans_lift(Desk&, Call&);
Answered participants_erase_name(Desk&, Call&);
Answered participants_leave(Desk&, Call&);
Answered participants_toggle(Desk&, Call&);
/// 403 when a co-host is about to take the show's owner off the air or out of it.
void require_not_owner(const studio::Show&, const studio::Participant&, const Identity& who);
/// Remembers the network that a person came from now, for a ban.
void note_network(Desk&, const Call&);

// recordings.cpp
Answered recordings_list(Desk&, Call&);
Answered recordings_download(Desk&, Call&);
Answered recordings_delete(Desk&, Call&);

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
/// All of it or nothing: when the store can't take the end of an import, nothing knows of it.
void take_import_progress(Desk&, const ImportProgress&);
/// After a restart of the server. False: its file is gone.
bool resume_upload(Desk&, const studio::Track&);
/// A fetch for a deck starts at once, and ends when no deck wants it any more.
enum class FetchFor { kLibrary, kDeck };
/// A track that is fetched from the URL, in the change; start_fetch() after the commit.
studio::Track make_fetched_track(Desk&, Change&, const std::string& url,
                                 const std::optional<std::string>& title, FetchFor fetch_for,
                                 const studio::Owner& owner);
/// `owner`: a show's id, or "" for the station.
void start_fetch(Desk&, const studio::Track&, const std::string& owner, FetchFor fetch_for);
/// A track that was fetched for a deck alone and has the same bytes as another one of its owner
/// becomes that one: who signs a URL anew for each play means the same music. False: there is none.
bool merge_with_same_music(Desk&, const studio::Track&);
/// Whether a queue or a tracklist has the track.
/// A track that was fetched for a deck alone and has failed goes when the deck is done with it;
/// false when it isn't one, and stays.
bool prepare_forget_failed(Core&, const studio::Track&, Change&);
bool is_in_a_list(Core&, const studio::TrackId&);
/// Ends an import and takes its track out of the library.
void forget_import(Desk&, const studio::TrackId&);

// track_removal.cpp
/// Out of every list and queue but what is the excepted show's own, in the change; where those are
/// more than it holds, in steps before it.
void take_out_of_lists(Desk&, const std::set<studio::TrackId>&, Change&,
                       const std::optional<studio::ShowId>& except = {});
/// Commits the change, with these tracks out of the library; their files and imports go too.
void remove_tracks(Desk&, const std::vector<studio::Track>&, Change&);
/// The show has no tracklist to begin with any more, in the change, with so many actions.
constexpr std::size_t kActionsOfForgettingAList = 3;
void forget_own_list(studio::Show&, Change&);

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

// health.cpp
Answered shows_health(Desk&, Call&);

// metrics.cpp
Answered metrics(Desk&, Call&);
Answered healthz(Desk&, Call&);

}  // namespace shelcaster::control::detail
