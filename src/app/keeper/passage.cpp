#include "app/keeper/passage.hpp"

#include <boost/json.hpp>
#include <string>
#include <variant>

namespace shelcaster::app {
namespace {

/// They wait behind everything else, and who asked is told if they can't even wait.
using Requests = std::variant<link::Offer, link::IceRestart, link::MakeOffer, link::TakeAnswer>;
/// Of sessions that are gone with a mixer which they don't reach.
using Notices = std::variant<link::CloseSession, link::TakeCandidates>;
using Replies = std::variant<link::Answer, link::Refuse, link::SeatReport, link::Listens,
                             link::OfferMade, link::AnswerTaken, link::SessionClosed>;

link::Refuse refusal_of(const boost::json::object& request) {
  link::Refuse refusal;
  if (const auto* id = request.if_contains("requestId"); id != nullptr && id->is_string()) {
    refusal.request_id = id->get_string();
  }
  refusal.status = 503;
  refusal.detail =
      "the mixer is being restarted, or too many connect to this show at once; try again in a "
      "second";
  return refusal;
}

}  // namespace

bool Passage::take_from_serve(const boost::json::object& frame) {
  if (link::is_one_of<Requests>(frame)) {
    if (!ports_.pass_to_mix_behind(frame)) ports_.refuse(refusal_of(frame));
    return true;
  }
  if (!link::is_one_of<Notices>(frame)) return false;
  (void)ports_.pass_to_mix(frame);
  return true;
}

bool Passage::take_from_mix(const boost::json::object& frame) {
  if (link::is_one_of<std::variant<link::Levels>>(frame)) {
    ports_.pass_to_serve_if_idle(frame);
    return true;
  }
  if (!link::is_one_of<Replies>(frame)) return false;
  ports_.pass_to_serve(frame);
  return true;
}

}  // namespace shelcaster::app
