#include "app/mix/lines/switchboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/mix/lines/seat_stats.hpp"
#include "app/mix/lines/switchboard_session.hpp"
#include "app/mix/roster/webrtc_line.hpp"
#include "base/log.hpp"
#include "rtc/stun/username_fragment.hpp"

namespace shelcaster::app {
namespace {

/// A listener's first valid check. Whoever has a token is given as long as a session may be silent.
constexpr base::Duration kListenerCheckWithin = std::chrono::seconds(10);
/// The record of all sessions is long, and addresses and listeners' restarts of ICE come at others'
/// will: they are remembered together. Who is taken over without the newest address passes a check
/// again within seconds, a listener without the newest restart asks for another.
constexpr base::Duration kRememberAfter = std::chrono::seconds(1);
/// Of a peer that sends us nothing: its last flight would have been repeated three times by then.
constexpr base::Duration kHandshakeIsOver = std::chrono::seconds(10);
/// More than a full house in which everybody changes the device.
constexpr std::size_t kReplacedKept = 2 * kSeatsMax;
constexpr base::Duration kSeatReportEvery = std::chrono::seconds(2);

constexpr std::string_view kConnecting = "connecting";
constexpr std::string_view kConnected = "connected";
constexpr std::string_view kDisconnected = "disconnected";

}  // namespace

Switchboard::Switchboard(SwitchboardConfig config, base::Random& random, StageSink& sink)
    : config_(std::move(config)), random_(random), sink_(sink) {}

Switchboard::~Switchboard() = default;

bool Switchboard::is_replaced(std::string_view session_id) const {
  return !session_id.empty() && std::ranges::find(replaced_, session_id) != replaced_.end();
}

void Switchboard::note_replaced(std::string session_id) {
  if (replaced_.size() == kReplacedKept) replaced_.pop_front();
  replaced_.push_back(std::move(session_id));
}

bool Switchboard::is_of_seat(std::string_view session_id) const {
  const auto found = sessions_.find(session_id);
  return found != sessions_.end() && found->second->seat != kNoSeat;
}

std::string Switchboard::who_has(std::string_view session_id) const {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return {};
  const Session& session = *found->second;
  return session.seat == kNoSeat ? session.source : session.participant_id;
}

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

OrRefusal<void> Switchboard::begin(base::Instant now, NewSession wanted) {
  const auto line = take_line();
  if (!line) return tl::unexpected(line.error());
  const rtc::TransportConfig& transport = wanted.agreed.transport;
  auto session = std::make_unique<Session>();
  session->id = std::move(wanted.id);
  session->participant_id = std::move(wanted.participant_id);
  session->seat = wanted.seat;
  session->source = std::move(wanted.source);
  session->is_offered = transport.ice_role == rtc::IceRole::kClientControlling;
  if (wanted.seat == kNoSeat && !session->is_offered) {
    session->checked_by = now + kListenerCheckWithin;
  }
  session->kind = wanted.kind;
  session->line = *line;
  session->local_ice = transport.local_ice;
  session->remote_ice = transport.remote_ice;
  session->etag = transport.local_ice.ufrag;
  session->media = std::move(wanted.agreed.media);
  session->transport = std::make_unique<rtc::Transport>(transport, random_, now);
  session->number = ++sessions_made_;
  Session& placed = *session;
  by_line_[static_cast<std::size_t>(placed.line)] = &placed;
  sessions_.emplace(placed.id, std::move(session));
  sink_.to_floor(
      ExpectUser{placed.line, ice_user(placed.local_ice.ufrag), /*asks=*/placed.is_offered});
  expect_from(now, placed, transport.remote_candidates);
  drain(now, placed);
  tell_seat(placed, kConnecting, {});
  return {};
}

/// The gate lets nothing in from an address that it doesn't know, which we are about to check.
void Switchboard::expect_from(base::Instant now, const Session& session,
                              const std::vector<rtc::IceCandidate>& candidates) {
  if (!session.is_offered) return;
  for (const rtc::IceCandidate& candidate : candidates) {
    sink_.to_floor(KnowAddress{session.line, candidate.endpoint, now});
  }
}

void Switchboard::add_candidates(base::Instant now, const std::string& session_id,
                                 const std::vector<rtc::IceCandidate>& candidates) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end() || !found->second->is_offered) return;
  Session& session = *found->second;
  session.transport->add_remote_candidates(now, candidates);
  expect_from(now, session, candidates);
  drain(now, session);
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

void Switchboard::remember_soon(base::Instant now) {
  remember_at_ = std::min(remember_at_, now + kRememberAfter);
}

Switchboard::Session* Switchboard::named_in(base::ByteSpan check) {
  const auto ufrag = rtc::username_fragment(check);
  if (!ufrag) return nullptr;
  for (auto& [id, session] : sessions_) {
    if (session->transport->owns_ufrag(*ufrag)) return session.get();
  }
  return nullptr;
}

void Switchboard::handle_datagram(base::Instant now, const rtc::SortedDatagram& datagram) {
  if (datagram.kind() == rtc::PacketKind::kDtls) {
    handle_dtls(now, datagram);
  } else if (Session* const session = named_in(datagram.bytes); session != nullptr) {
    session->transport->handle_datagram(now, datagram);
    learn_address(now, *session, datagram.remote);
    drain(now, *session);
  } else {
    handle_answer(now, datagram);
  }
  sweep();
}

/// It names nobody: whoever has asked knows it by its transaction.
void Switchboard::handle_answer(base::Instant now, const rtc::SortedDatagram& datagram) {
  for (auto& [id, session] : sessions_) {
    if (session->is_over || !session->is_offered) continue;
    session->transport->handle_datagram(now, datagram);
    learn_address(now, *session, datagram.remote);
    drain(now, *session);
  }
}

/// DTLS carries no name. Of those who wait for a handshake one gets its records: two that answered
/// would spoil it. Who is through gets all, for a last flight may be asked for again, and encrypted
/// ones go to everybody who knows the address, since none can read another's.
void Switchboard::handle_dtls(base::Instant now, const rtc::SortedDatagram& datagram) {
  constexpr std::size_t kEpochAt = 3;
  if (datagram.bytes.size() < kEpochAt + 2) return;
  const bool is_plain =
      datagram.bytes[kEpochAt] == std::byte{0} && datagram.bytes[kEpochAt + 1] == std::byte{0};
  Session* const handshake = is_plain ? handshake_from(now, datagram.remote) : nullptr;
  for (auto& [id, session] : sessions_) {
    const bool is_for_it =
        handshake == nullptr || handshake == session.get() || session->is_line_open;
    if (!is_for_it || session->is_over || !session->transport->is_validated(datagram.remote)) {
      continue;
    }
    session->transport->handle_datagram(now, datagram);
    drain(now, *session);
  }
}

/// Of those who wait for their handshake there and go on checking, the one who was there first: who
/// comes after somebody, with a forged address, takes nothing from them. Of one person's, the last:
/// the page before it is gone.
Switchboard::Session* Switchboard::handshake_from(base::Instant now, const net::Endpoint& remote) {
  constexpr base::Duration kChecksEvery = std::chrono::seconds(6);
  Session* first = nullptr;
  base::Instant since = base::Instant::never();
  for (auto& [id, session] : sessions_) {
    if (session->is_over || session->is_line_open || now - session->checked_at > kChecksEvery) {
      continue;
    }
    for (const auto& [address, began_at] : session->addresses) {
      if (address != remote) continue;
      const bool is_theirs_too = first != nullptr && !session->participant_id.empty() &&
                                 session->participant_id == first->participant_id;
      if (is_theirs_too ? began_at < since : began_at >= since) continue;
      first = session.get();
      since = began_at;
    }
  }
  return first;
}

/// After a check: only one with the right password counts, so that nobody else can come from an
/// address of somebody's, or fill the list.
void Switchboard::learn_address(base::Instant now, Session& session, const net::Endpoint& remote) {
  if (!session.transport->is_validated(remote)) return;
  session.checked_by = base::Instant::never();
  session.checked_at = now;
  // Each time: the gate may have forgotten it.
  sink_.to_floor(KnowAddress{session.line, remote, now});
  const auto known = std::ranges::find(session.addresses, remote, &CheckedAddress::at);
  if (known != session.addresses.end()) return;
  std::erase_if(session.addresses, [&](const CheckedAddress& address) {
    return !session.transport->is_validated(address.at);
  });
  session.addresses.push_back({remote, now});
  if (session.is_line_open) remember_soon(now);
}

void Switchboard::handle_timeout(base::Instant now) {
  for (auto& [id, session] : sessions_) {
    if (session->checked_by <= now) session->transport->close(now);
    session->transport->handle_timeout(now);
    drain(now, *session);
  }
  if (remember_at_ <= now) {
    remember_at_ = base::Instant::never();
    has_changed_ = true;
  }
  sweep();
}

base::Instant Switchboard::next_timeout() const {
  base::Instant next = remember_at_;
  for (const auto& [id, session] : sessions_) {
    next = std::min({next, session->timeout_at, session->checked_by});
  }
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
    if (has_newer(session)) {
      session.transport->close(now);
      note_end_of_replaced(session);
      return;
    }
    session.media.keys = connected->keys;
    session.remote = connected->remote;
    sink_.to_floor(OpenLine{session.line, std::make_unique<WebrtcLine>(
                                              session.media, connected->remote, session.seat)});
    open_line(now, session);
  } else if (const auto* moved = std::get_if<rtc::RemoteChanged>(&event)) {
    session.remote = moved->remote;
    if (!session.is_line_open) return;
    remember_soon(now);
    sink_.to_floor(MoveLine{session.line, moved->remote});
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
  // First, so that whoever is replaced can't ask before it is known by what.
  tell_seat(session, kConnected, {});
  replace_older(now, session);
}

void Switchboard::replace_older(base::Instant now, const Session& newer) {
  if (newer.seat == kNoSeat) return;
  for (auto& [id, session] : sessions_) {
    if (session->seat != newer.seat || session->kind != newer.kind || session->is_over ||
        session->number >= newer.number) {
      continue;
    }
    session->transport->close(now);
    note_end_of_replaced(*session);
    drain(now, *session);
  }
}

/// One that was asked for later and connected sooner: two devices began at the same moment.
bool Switchboard::has_newer(const Session& session) const {
  return session.seat != kNoSeat && std::ranges::any_of(sessions_, [&](const auto& entry) {
           const Session& other = *entry.second;
           return other.seat == session.seat && other.kind == session.kind && !other.is_over &&
                  other.is_line_open && other.number > session.number;
         });
}

void Switchboard::note_end_of_replaced(Session& session) {
  if (session.kind == SessionKind::kWhip) {
    note_replaced(session.id);
    has_changed_ = true;
  }
  drop(session, /*tell=*/false);
}

void Switchboard::drop(Session& session, bool tell) {
  if (session.is_over) return;
  session.is_over = true;
  session.is_publishing = false;
  if (session.is_offered) sink_.to_link(link::SessionClosed{session.id});
  if (session.is_line_open) {
    has_changed_ = true;  // no other session is in memory()
    sink_.to_floor(CloseLine{session.line});
  }
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
    it = sessions_.erase(it);
  }
}

void Switchboard::handle_line_report(base::Instant now, const LineReport& report) {
  Session* session = by_line_[static_cast<std::size_t>(report.line)];
  if (session == nullptr || !session->is_line_open || session->is_over) return;
  // A report of the line's last user counts another session's packets: a fall shows that.
  const bool has_received = report.stats.packets_received > session->packets_received;
  session->packets_received = report.stats.packets_received;
  if (std::exchange(session->packets_heard, report.packets_heard) < report.packets_heard) {
    session->transport->note_media_activity(now, report.heard_from);
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

void Switchboard::handle_heard_elsewhere(base::Instant now, const HeardElsewhere& heard) {
  Session* session = by_line_[static_cast<std::size_t>(heard.line)];
  if (session == nullptr || !session->is_line_open || session->is_over) return;
  session->transport->note_media_activity(now, heard.from);
  drain(now, *session);
  sweep();
}

void Switchboard::tell_seat(const Session& session, std::string_view connection,
                            const std::optional<link::SeatStats>& stats) {
  if (session.seat == kNoSeat) return;
  if (session.kind == SessionKind::kWhep) {
    if (connection != kConnected) return;
    return sink_.to_link(link::Listens{session.participant_id});
  }
  sink_.to_link(link::SeatReport{.participant_id = session.participant_id,
                                 .session_id = session.id,
                                 .connection = std::string(connection),
                                 .is_publishing = session.is_publishing,
                                 .stats = stats});
}

}  // namespace shelcaster::app
