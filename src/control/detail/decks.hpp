#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/detail/commands.hpp"
#include "control/detail/core.hpp"
#include "control/live_board.hpp"

// What shows' decks have, will have, and want next: by the store, and by the Live board as far as a
// deck has reported.
namespace shelcaster::control::detail {

/// As last reported, else as stored.
studio::Deck deck_of(Core&, const LiveBoard&, const studio::ShowId&);

/// As a mixer is told of it.
link::QueueItem item_of(const Core&, const studio::ItemId&, const studio::Track&);
/// The item that such a command brings along (link::is_unqueued_play).
studio::QueueItem unqueued_item(const link::Command&);

/// What PLAY_MEDIA put on the deck last: it stands in no queue.
std::optional<studio::QueueItem> played(Core&, const studio::ShowId&);
/// What it was called when it turned out to be music that the library has under another title;
/// else empty.
std::string played_title(Core&, const studio::ShowId&);
/// The same sound by another track, under the title that was asked for.
void prepare_played_as(Core&, const studio::ShowId&, const studio::TrackId& by,
                       const std::string& title, Change&);
/// `command_id`: of the command that put it there, if that may still fail.
void prepare_played(const studio::ShowId&, const studio::QueueItem&, Change&,
                    const std::string& command_id = {});
/// After the import of a track has failed before its first sound: tells the desk of a show that
/// PLAY_MEDIA had put it on the deck for nothing.
void prepare_played_in_vain(Core&, const studio::ShowId&, const studio::Track&, Change&);
/// Whether a deck, or a command on its way to one, still has what was fetched to be played there.
bool is_for_a_deck_still(Core&, const LiveBoard&, const studio::Track&);

/// The item of this track that the show's queue has, or its deck while it runs.
/// All shows, and at hand what find_item() looks at.
std::vector<studio::Show> shows_for_items(Core&);
std::optional<studio::QueueItem> find_item(Core&, const studio::Show&, const studio::TrackId&);
/// Of all PLAY_MEDIA that wait until they can be played.
std::vector<studio::TrackId> awaited_tracks(Core&, const studio::ShowId&);
/// Adds the tracks that the deck of a show that runs plays, is told to play, or comes to next.
void add_wanted(Core&, const LiveBoard&, const studio::ShowId&, std::map<studio::TrackId, Wanted>&);
/// Where the track is on a deck now, played from a queue or by PLAY_MEDIA.
std::vector<std::pair<studio::ShowId, studio::ItemId>> items_on_decks(Core&, const LiveBoard&,
                                                                      const studio::TrackId&);
/// After the import of a track has failed: a deck that waits for its first sound goes on to the
/// next item. What has been decoded is played to its end.
void skip_unheard(Core&, const LiveBoard&, const studio::ShowId&, const studio::QueueItem&);

}  // namespace shelcaster::control::detail
