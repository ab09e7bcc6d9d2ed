#pragma once

#include <boost/json.hpp>

#include "control/detail/core.hpp"
#include "control/live_board.hpp"

// The JSON that clients see, in one place: field names are the seed's and api/openapi.yaml's.
namespace shelcaster::control::detail {

struct Desk;

std::string stage_arn(const studio::ShowId&);
std::string channel_arn(const studio::ShowId&);
/// Null before the first launch.
boost::json::value task_arn(const studio::Show&);

boost::json::object show_json(const studio::Show&);
boost::json::object participant_json(const Core&, const LiveBoard&, const studio::Show&,
                                     const studio::Participant&);
boost::json::array participants_json(Core&, const LiveBoard&, const studio::Show&);
boost::json::object routing_json(Core&, const studio::ShowId&, const studio::AudioRouting&);
boost::json::object track_json(const Core&, const studio::Track&);
boost::json::object tracklist_json(const studio::Tracklist&);
boost::json::object deck_json(const studio::Deck&);
/// What listeners are told of a deck that plays: {title, artist, album, coverUrl}, else null.
boost::json::value now_playing_json(const studio::Deck&);
boost::json::object queue_json(Core&, const studio::ShowId&, const studio::Queue&);
boost::json::object outputs_json(Core&, const LiveBoard&, const studio::ShowId&);
/// Whether listeners of a show on the air hear it: {ok, problems, decoded}.
boost::json::object output_json(const Core&, const LiveBoard&, const studio::Show&);
boost::json::object composition_json(Desk&, const studio::Show&);
/// What changes without an event, for desks.
boost::json::object status_frame(Desk&, const studio::Show&);
std::int64_t connected_count(Core&, const LiveBoard&, const studio::ShowId&);
boost::json::object event_json(const store::Event&);
/// The first frame of an event stream: all for the desk, the show and the own seat for a caller.
boost::json::object state_frame(Desk&, const studio::ShowId&, const Identity&);

}  // namespace shelcaster::control::detail
