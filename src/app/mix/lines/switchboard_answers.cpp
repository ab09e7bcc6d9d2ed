// Offers of clients, and what they ask of a session afterwards: WHIP and WHEP.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/mix/lines/switchboard_session.hpp"

namespace shelcaster::app {
namespace {

constexpr int kSessionsPerSeatMax = 6;

Refusal replaced_refusal() {
  return {410, "the person takes part by another connection now, which has taken this one's place",
          "replaced"};
}

}  // namespace

std::optional<Refusal> Switchboard::refusal_for(const SessionRequest& request) const {
  if (sessions_.contains(request.session_id)) {
    return Refusal{409, "this session exists already"};
  }
  if (is_replaced(request.replaces)) return replaced_refusal();
  return request.seat == kNoSeat ? refusal_for_listener(request.source)
                                 : refusal_for_seat(request.seat);
}

std::optional<Refusal> Switchboard::refusal_for_listener(std::string_view source) const {
  const auto is_listener = [](const auto& entry) { return entry.second->seat == kNoSeat; };
  const auto is_from_there = [&](const auto& entry) {
    return is_listener(entry) && entry.second->source == source;
  };
  const int most = std::min(listener_limits_.per_show, kListenersMax);
  if (std::ranges::count_if(sessions_, is_listener) >= most) {
    return Refusal{503,
                   fmt::format("this show has {} WebRTC listeners, which is all that it takes; "
                               "use its HLS address, or try again when one has left",
                               most)};
  }
  if (!source.empty() &&
      std::ranges::count_if(sessions_, is_from_there) >= listener_limits_.per_source) {
    return Refusal{503, fmt::format("{} WebRTC listeners from one network address are all that a "
                                    "show takes; use its HLS address, or try again when one has "
                                    "left",
                                    listener_limits_.per_source)};
  }
  return std::nullopt;
}

/// Beyond the lines that are its own a seat may have what no other seat is owed.
std::optional<Refusal> Switchboard::refusal_for_seat(int seat) const {
  std::array<int, kSeatsMax> lines{};
  for (const auto& [id, session] : sessions_) {
    if (session->seat != kNoSeat) ++lines[static_cast<std::size_t>(session->seat)];
  }
  const int own = lines[static_cast<std::size_t>(seat)];
  if (own < kLinesPerSeat) return std::nullopt;
  int spoken_for = 0;
  for (const int count : lines) spoken_for += std::max(count, kLinesPerSeat);
  if (own < kSessionsPerSeatMax && spoken_for < kLinesMax - kListenersMax) return std::nullopt;
  return Refusal{429, "too many connections of one person at once; wait for the older ones to end"};
}

OrRefusal<SessionAnswer> Switchboard::connect(base::Instant now, const SessionRequest& request) {
  // Before the offer is read, which costs more.
  if (auto refused = refusal_for(request)) return tl::unexpected(*std::move(refused));
  const auto offer = rtc::parse_offer(request.sdp);
  if (!offer) return tl::unexpected(Refusal{422, "offer: " + offer.error().message});
  const bool wants_receive = request.kind == SessionKind::kWhip;
  if (wants_receive && !rtc::sends(offer->direction)) {
    return tl::unexpected(Refusal{422,
                                  "offer: the audio section must be sendrecv or sendonly for "
                                  "WHIP; use WHEP to listen only"});
  }
  if (!wants_receive && !rtc::receives(offer->direction)) {
    return tl::unexpected(
        Refusal{422, "offer: the audio section must be recvonly or sendrecv for WHEP"});
  }
  const rtc::LocalDescription local =
      rtc::make_local_description(*config_.certificate, config_.host_candidates, /*send=*/true,
                                  /*receive=*/wants_receive, random_);
  const rtc::MadeAnswer answer = rtc::make_answer(*offer, local);
  auto begun = begin(
      now, {.id = request.session_id,
            .participant_id = request.participant_id,
            .seat = request.seat,
            .kind = request.kind,
            .source = std::string(request.source),
            .agreed = rtc::agree_on_offer(*offer, answer, local, *config_.certificate, random_)});
  if (!begun) return tl::unexpected(std::move(begun.error()));
  return SessionAnswer{answer.sdp, local.ice.ufrag};
}

OrRefusal<SessionAnswer> Switchboard::patch(base::Instant now, const std::string& session_id,
                                            std::string_view if_match, std::string_view fragment) {
  if (is_replaced(session_id)) return tl::unexpected(replaced_refusal());
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return tl::unexpected(Refusal{404, "no such session"});
  Session& session = *found->second;
  if (session.is_offered) {
    return tl::unexpected(Refusal{409, "this session was offered by us, who alone restart it"});
  }
  const auto parsed = rtc::parse_sdp_fragment(fragment);
  if (!parsed) return tl::unexpected(Refusal{400, "fragment: " + parsed.error().message});
  if (!if_match.empty() && if_match != "*" && if_match != session.etag) {
    return tl::unexpected(Refusal{412,
                                  "If-Match names another ICE generation; send If-Match: * to "
                                  "restart ICE whatever it is now"});
  }
  const auto answer = [&] {
    return SessionAnswer{rtc::make_sdp_fragment(session.local_ice, config_.host_candidates,
                                                parsed->mid, /*ice_lite=*/true),
                         session.etag};
  };
  if (!parsed->ice) return SessionAnswer{"", session.etag};
  if (parsed->ice->ufrag == session.remote_ice.ufrag) {
    // The answer to this restart was lost on the way, and is asked for once more.
    return session.is_restarted && if_match == "*" ? answer() : SessionAnswer{"", session.etag};
  }

  const rtc::IceCredentials fresh = rtc::make_ice_credentials(random_);
  const auto restarted = session.transport->restart_ice(now, fresh, *parsed->ice);
  if (!restarted) return tl::unexpected(Refusal{409, restarted.error().message});
  session.local_ice = fresh;
  session.remote_ice = *parsed->ice;
  session.etag = fresh.ufrag;
  session.is_restarted = true;
  sink_.to_floor(ExpectUser{session.line, ice_user(fresh.ufrag)});
  if (session.is_line_open && session.seat == kNoSeat) {
    remember_soon(now);
  } else if (session.is_line_open) {
    has_changed_ = true;  // at once: a person's call outlives this process
  }
  drain(now, session);
  return answer();
}

}  // namespace shelcaster::app
