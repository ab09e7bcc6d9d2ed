#include "app/mix/switchboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/mix/seat_stats.hpp"
#include "base/log.hpp"
#include "rtc/media/reception.hpp"
#include "rtc/peer/demux.hpp"
#include "rtc/stun/username_fragment.hpp"

namespace shelcaster::app {
namespace {

constexpr std::size_t kSessionsPerSeatMax = 6;
/// An address that has passed a check is remembered for a session so that DTLS, which carries no
/// name, finds it. A phone that roams has a few.
constexpr std::size_t kAddressesPerSessionMax = 16;
/// Of a peer that sends us nothing: its last flight would have been repeated three times by then.
constexpr base::Duration kHandshakeIsOver = std::chrono::seconds(10);
constexpr base::Duration kSeatReportEvery = std::chrono::seconds(2);

constexpr std::string_view kConnecting = "connecting";
constexpr std::string_view kConnected = "connected";
constexpr std::string_view kDisconnected = "disconnected";

std::uint32_t make_ssrc(base::Random& random) {
  std::uint32_t ssrc = 0;
  while (ssrc == 0) ssrc = random.u32();
  return ssrc;
}

}  // namespace

struct Switchboard::Session {
  std::string id;
  std::string participant_id;
  int seat = kNoSeat;
  SessionKind kind = SessionKind::kWhip;
  int line = -1;
  std::uint64_t number = 0;  // larger is newer

  std::unique_ptr<rtc::Transport> transport;
  rtc::IceCredentials local_ice;
  rtc::IceCredentials remote_ice;
  rtc::MadeAnswer answer;
  rtc::MediaConfig media;
  std::string etag;
  std::vector<net::Endpoint> addresses;  // that have passed a check; at most the last few
  net::Endpoint remote;                  // the one that media goes to

  bool is_line_open = false;
  bool is_over = false;  // to be swept
  bool is_publishing = false;
  std::uint64_t packets_received = 0;
  base::Instant opened_at;
  base::Instant seat_told_at;
  base::Instant timeout_at = base::Instant::never();
};

Switchboard::Switchboard(SwitchboardConfig config, base::Random& random, StageSink& sink)
    : config_(std::move(config)), random_(random), sink_(sink) {}

Switchboard::~Switchboard() = default;

OrRefusal<int> Switchboard::take_line() {
  for (int i = 0; i < kLinesMax; ++i) {
    if (lines_taken_.test(static_cast<std::size_t>(i))) continue;
    lines_taken_.set(static_cast<std::size_t>(i));
    return i;
  }
  return tl::unexpected(Refusal{503, fmt::format("all {} lines of this show are in use; try again "
                                                 "when somebody has left",
                                                 kLinesMax)});
}

OrRefusal<SessionAnswer> Switchboard::connect(base::Instant now, const SessionRequest& request) {
  const auto offer = rtc::parse_offer(request.sdp);
  if (!offer) return tl::unexpected(Refusal{422, "offer: " + offer.error().message});
  if (sessions_.contains(request.session_id)) {
    return tl::unexpected(Refusal{409, "this session exists already"});
  }
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
  if (request.seat != kNoSeat) {
    const auto of_seat = std::ranges::count_if(
        sessions_, [&](const auto& entry) { return entry.second->seat == request.seat; });
    if (of_seat >= static_cast<std::ptrdiff_t>(kSessionsPerSeatMax)) {
      return tl::unexpected(Refusal{429,
                                    "too many connections of one person at once; wait for the "
                                    "older ones to end"});
    }
  }
  const auto line = take_line();
  if (!line) return tl::unexpected(line.error());

  auto session = std::make_unique<Session>();
  session->id = request.session_id;
  session->participant_id = request.participant_id;
  session->seat = request.seat;
  session->kind = request.kind;
  session->line = *line;
  session->local_ice = rtc::make_ice_credentials(random_);
  session->remote_ice = offer->ice;
  session->etag = session->local_ice.ufrag;

  rtc::LocalDescription local;
  local.session_id = random_.u64() >> 2U;
  local.ice = session->local_ice;
  local.fingerprint = config_.certificate->fingerprint();
  local.host_candidates = config_.host_candidates;
  local.send = true;
  local.receive = wants_receive;
  local.ssrc = make_ssrc(random_);
  local.cname = random_.token(16);
  local.stream_id = random_.token(16);
  local.track_id = random_.token(16);
  session->answer = rtc::make_answer(*offer, local);

  session->media.receive = session->answer.receiving;
  session->media.remote_ssrc = offer->ssrc.value_or(0);
  session->media.reception.payload_type = session->answer.payload_type;
  session->media.reception.audio_level_id = session->answer.audio_level_id;
  session->media.send = session->answer.sending;
  session->media.local_ssrc = local.ssrc;
  session->media.send_payload_type = session->answer.payload_type;
  session->media.first_sequence = static_cast<std::uint16_t>(random_.u32());
  session->media.first_timestamp = random_.u32();
  session->media.cname = local.cname;

  const rtc::TransportConfig transport{.ice_role = rtc::IceRole::kServerLite,
                                       .dtls_role = session->answer.dtls_role,
                                       .local_ice = session->local_ice,
                                       .remote_ice = session->remote_ice,
                                       .remote_fingerprint = offer->fingerprint,
                                       .certificate = config_.certificate,
                                       .remote_candidates = {}};
  session->transport = std::make_unique<rtc::Transport>(transport, random_, now);

  session->number = ++sessions_made_;
  Session& placed = *session;
  by_line_[static_cast<std::size_t>(placed.line)] = &placed;
  sessions_.emplace(placed.id, std::move(session));
  sink_.to_floor(ExpectUser{placed.line, ice_user(placed.local_ice.ufrag)});
  drain(now, placed);
  tell_seat(placed, kConnecting, {});
  return SessionAnswer{placed.answer.sdp, placed.etag};
}

OrRefusal<SessionAnswer> Switchboard::patch(base::Instant now, const std::string& session_id,
                                            std::string_view if_match, std::string_view fragment) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return tl::unexpected(Refusal{404, "no such session"});
  Session& session = *found->second;
  const auto parsed = rtc::parse_sdp_fragment(fragment);
  if (!parsed) return tl::unexpected(Refusal{400, "fragment: " + parsed.error().message});
  if (!if_match.empty() && if_match != "*" && if_match != session.etag) {
    return tl::unexpected(
        Refusal{412, "If-Match names another ICE generation; GET the session's ETag anew"});
  }
  if (!parsed->ice || *parsed->ice == session.remote_ice) return SessionAnswer{"", session.etag};

  const rtc::IceCredentials fresh = rtc::make_ice_credentials(random_);
  const auto restarted = session.transport->restart_ice(now, fresh, *parsed->ice);
  if (!restarted) return tl::unexpected(Refusal{409, restarted.error().message});
  session.local_ice = fresh;
  session.remote_ice = *parsed->ice;
  session.etag = fresh.ufrag;
  sink_.to_floor(ExpectUser{session.line, ice_user(fresh.ufrag)});
  has_changed_ = true;
  drain(now, session);
  return SessionAnswer{
      rtc::make_sdp_fragment(fresh, config_.host_candidates, parsed->mid, /*ice_lite=*/true),
      session.etag};
}

void Switchboard::close(base::Instant now, const std::string& session_id) {
  if (const auto found = sessions_.find(session_id); found != sessions_.end()) {
    Session& session = *found->second;
    session.transport->close(now);
    drain(now, session);
    drop(session, /*tell=*/true);
    sweep();
  }
}

void Switchboard::close_seat(base::Instant now, int seat) {
  for (auto& [id, session] : sessions_) {
    if (session->seat != seat || session->is_over) continue;
    session->transport->close(now);
    drain(now, *session);
    drop(*session, /*tell=*/true);
  }
  sweep();
}

void Switchboard::close_all(base::Instant now) {
  for (auto& [id, session] : sessions_) {
    session->transport->close(now);
    drain(now, *session);
    drop(*session, /*tell=*/true);
  }
  sweep();
}

Switchboard::Session* Switchboard::route(const net::Datagram& datagram) {
  if (rtc::is_stun(datagram.bytes)) {
    if (const auto ufrag = rtc::username_fragment(datagram.bytes)) {
      for (auto& [id, session] : sessions_) {
        if (session->transport->owns_ufrag(*ufrag)) return session.get();
      }
      return nullptr;
    }
  }
  const auto at = session_at_.find(datagram.remote);
  if (at == session_at_.end()) return nullptr;
  const auto found = sessions_.find(at->second);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Switchboard::handle_datagram(base::Instant now, const net::Datagram& datagram) {
  Session* session = route(datagram);
  if (session == nullptr) return;
  if (rtc::is_rtp_or_rtcp(datagram.bytes)) {
    learn_reception(*session, datagram.bytes);
    return;
  }
  session->transport->handle_datagram(now, datagram);
  if (rtc::is_stun(datagram.bytes)) learn_address(*session, datagram.remote);
  drain(now, *session);
  sweep();
}

/// After a check: only one with the right password counts, so that nobody else can take an address
/// of somebody's, or fill the list.
void Switchboard::learn_address(Session& session, const net::Endpoint& remote) {
  if (!session.transport->is_validated(remote)) return;
  // Each time: the gate keeps fewer addresses than we do.
  sink_.to_floor(KnowAddress{session.line, remote});
  const auto at = session_at_.find(remote);
  if (at != session_at_.end() && at->second == session.id) return;
  if (std::ranges::find(session.addresses, remote) == session.addresses.end()) {
    if (session.addresses.size() == kAddressesPerSessionMax) {
      const auto oldest = session.addresses.begin() + (session.addresses[0] == session.remote);
      const auto mapped = session_at_.find(*oldest);
      if (mapped != session_at_.end() && mapped->second == session.id) session_at_.erase(mapped);
      session.addresses.erase(oldest);
    }
    session.addresses.push_back(remote);
  }
  session_at_[remote] = session.id;
  has_changed_ = true;
}

void Switchboard::learn_reception(Session& session, base::ByteSpan packet) {
  if (!session.is_line_open) return;
  if (auto reception = rtc::make_reception(session.media.keys, packet, session.media.reception)) {
    sink_.to_floor(AdoptReception{session.line, std::move(reception)});
  }
}

void Switchboard::handle_timeout(base::Instant now) {
  for (auto& [id, session] : sessions_) {
    session->transport->handle_timeout(now);
    drain(now, *session);
  }
  sweep();
}

base::Instant Switchboard::next_timeout() const {
  base::Instant next = base::Instant::never();
  for (const auto& [id, session] : sessions_) next = std::min(next, session->timeout_at);
  return next;
}

void Switchboard::drain(base::Instant now, Session& session) {
  for (;;) {
    rtc::TransportOutput output = session.transport->poll_output();
    if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
      sink_.transmit(*transmit);
    } else if (const auto* event = std::get_if<rtc::TransportEvent>(&output)) {
      handle_event(now, session, *event);
    } else {
      session.timeout_at = std::get<rtc::Timeout>(output).at;
      return;
    }
  }
}

void Switchboard::handle_event(base::Instant now, Session& session,
                               const rtc::TransportEvent& event) {
  if (const auto* connected = std::get_if<rtc::Connected>(&event)) {
    session.media.keys = connected->keys;
    session_at_[connected->remote] = session.id;
    session.remote = connected->remote;
    sink_.to_floor(OpenLine{
        session.line, std::make_unique<Line>(session.media, connected->remote, session.seat)});
    open_line(now, session);
  } else if (const auto* moved = std::get_if<rtc::RemoteChanged>(&event)) {
    session_at_[moved->remote] = session.id;
    session.remote = moved->remote;
    has_changed_ = true;
    if (session.is_line_open) sink_.to_floor(MoveLine{session.line, moved->remote});
  } else if (const auto* closed = std::get_if<rtc::Closed>(&event)) {
    base::log::info("switchboard", "session {} closed: {}", session.id, closed->reason);
    drop(session, /*tell=*/true);
  }
}

void Switchboard::open_line(base::Instant now, Session& session) {
  session.is_line_open = true;
  session.opened_at = session.seat_told_at = now;
  has_changed_ = true;
  base::log::info("switchboard", "session {} connected on line {}", session.id, session.line);
  replace_older(now, session);
  tell_seat(session, kConnected, {});
}

void Switchboard::replace_older(base::Instant now, const Session& newer) {
  if (newer.seat == kNoSeat) return;
  for (auto& [id, session] : sessions_) {
    if (session->seat != newer.seat || session->kind != newer.kind || session->is_over ||
        session->number >= newer.number) {
      continue;
    }
    session->transport->close(now);
    drop(*session, /*tell=*/false);
    drain(now, *session);
  }
}

void Switchboard::drop(Session& session, bool tell) {
  if (session.is_over) return;
  session.is_over = true;
  session.is_publishing = false;
  has_changed_ = true;
  if (session.is_line_open) sink_.to_floor(CloseLine{session.line});
  if (!tell) return;
  const bool has_another = std::ranges::any_of(sessions_, [&](const auto& entry) {
    const Session& other = *entry.second;
    return &other != &session && other.seat == session.seat && other.kind == session.kind &&
           !other.is_over && other.is_line_open;
  });
  if (!has_another) tell_seat(session, kDisconnected, {});
}

void Switchboard::sweep() {
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    Session& session = *it->second;
    if (!session.is_over) {
      ++it;
      continue;
    }
    sink_.to_floor(ForgetSession{session.line});
    by_line_[static_cast<std::size_t>(session.line)] = nullptr;
    lines_taken_.reset(static_cast<std::size_t>(session.line));
    std::erase_if(session_at_, [&](const auto& entry) { return entry.second == session.id; });
    it = sessions_.erase(it);
  }
}

void Switchboard::handle_line_report(base::Instant now, const LineReport& report) {
  Session* session = by_line_[static_cast<std::size_t>(report.line)];
  if (session == nullptr || !session->is_line_open || session->is_over) return;
  // A report of the line's last user counts another session's packets: a fall shows that.
  const bool has_received = report.stats.packets_received > session->packets_received;
  session->packets_received = report.stats.packets_received;
  if (has_received) {
    session->transport->note_media_activity(now);
    drain(now, *session);
  }
  const bool has_finished = has_received || now - session->opened_at >= kHandshakeIsOver;
  if (has_finished && session->transport->prepare_farewell()) has_changed_ = true;
  const bool is_publishing = session->media.receive && has_received;
  const bool has_changed = is_publishing != session->is_publishing;
  session->is_publishing = is_publishing;
  if (has_changed || now - session->seat_told_at >= kSeatReportEvery) {
    session->seat_told_at = now;
    tell_seat(*session, kConnected, seat_stats_of(report.stats));
  }
  sweep();
}

void Switchboard::tell_seat(const Session& session, std::string_view connection,
                            const std::optional<link::SeatStats>& stats) {
  if (session.seat == kNoSeat || session.kind != SessionKind::kWhip) return;
  sink_.to_link(link::to_json(link::SeatReport{.participant_id = session.participant_id,
                                               .session_id = session.id,
                                               .connection = std::string(connection),
                                               .is_publishing = session.is_publishing,
                                               .stats = stats}));
}

std::vector<std::string> Switchboard::session_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  return ids;
}

boost::json::array Switchboard::memory() const {
  boost::json::array sessions;
  for (const auto& [id, session] : sessions_) {
    const auto transport = session->transport->memory();
    if (!transport || !session->is_line_open || session->is_over) continue;
    sessions.push_back(to_json(SessionMemory{.id = id,
                                             .participant_id = session->participant_id,
                                             .seat = session->seat,
                                             .is_whep = session->kind == SessionKind::kWhep,
                                             .line = session->line,
                                             .number = session->number,
                                             .etag = session->etag,
                                             .transport = *transport,
                                             .media = session->media,
                                             .addresses = session->addresses,
                                             .remote = session->remote}));
  }
  return sessions;
}

void Switchboard::take_over(base::Instant now, const SessionMemory& memory,
                            std::unique_ptr<Line> line) {
  auto session = std::make_unique<Session>();
  session->id = memory.id;
  session->participant_id = memory.participant_id;
  session->seat = memory.seat;
  session->kind = memory.is_whep ? SessionKind::kWhep : SessionKind::kWhip;
  session->line = memory.line;
  session->number = memory.number;
  session->transport = std::make_unique<rtc::Transport>(memory.transport, now);
  session->local_ice = memory.transport.ice.next ? memory.transport.ice.next->local
                                                 : memory.transport.ice.current.local;
  session->remote_ice = memory.transport.ice.next ? memory.transport.ice.next->remote
                                                  : memory.transport.ice.current.remote;
  session->media = memory.media;
  session->etag = memory.etag;
  session->addresses = memory.addresses;
  session->remote = memory.remote;
  session->is_line_open = true;
  session->packets_received = line->media.stats().packets_received;
  session->seat_told_at = now;
  sessions_made_ = std::max(sessions_made_, memory.number);
  lines_taken_.set(static_cast<std::size_t>(memory.line));
  by_line_[static_cast<std::size_t>(memory.line)] = session.get();
  for (const net::Endpoint& address : session->addresses) {
    session_at_[address] = session->id;
    sink_.to_floor(KnowAddress{session->line, address});
  }
  session_at_[session->remote] = session->id;
  for (const auto& generation :
       {std::optional(memory.transport.ice.current), memory.transport.ice.next}) {
    if (generation) sink_.to_floor(ExpectUser{session->line, ice_user(generation->local.ufrag)});
  }
  sink_.to_floor(OpenLine{session->line, std::move(line)});
  Session& placed = *session;
  sessions_[placed.id] = std::move(session);
  drain(now, placed);
}

}  // namespace shelcaster::app
