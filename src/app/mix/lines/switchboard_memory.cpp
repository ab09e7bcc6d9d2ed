// What the switchboard puts down for another process, and takes up from one before.
#include <algorithm>
#include <utility>

#include "app/mix/lines/switchboard_session.hpp"
#include "app/mix/roster/webrtc_line.hpp"

namespace shelcaster::app {
namespace {

/// nullptr: nothing of it is left that could be used.
std::unique_ptr<Line> restore_line(const SessionMemory& session, const Inheritance& left) {
  const auto state = left.sound.lines.find(session.line);
  if (state == left.sound.lines.end() || session.line < 0 || session.line >= kLinesMax) {
    return nullptr;
  }
  auto line = std::make_unique<WebrtcLine>(session.media, session.remote, session.seat);
  base::StateReader from(state->second);
  std::vector<rtc::InsertedPacket> packets;
  const auto packets_of = [&](std::uint32_t ssrc) {
    packets.clear();
    for (const tape::JournalPacket& packet : left.packets) {
      if (static_cast<int>(packet.line) != session.line || packet.ssrc != ssrc) continue;
      packets.push_back({packet.sequence, packet.timestamp, packet.payload});
    }
    return std::span<const rtc::InsertedPacket>(packets);
  };
  if (!line->restore(from, packets_of)) return nullptr;
  return line;
}

/// What either side of ICE has left.
struct KnownToIce {
  std::vector<rtc::IceGeneration> generations;  // the newest last
  std::vector<net::Endpoint> validated;
  bool is_client = false;
};

KnownToIce known_to(const std::variant<rtc::IceLiteMemory, rtc::IceClientMemory>& memory) {
  if (const auto* client = std::get_if<rtc::IceClientMemory>(&memory)) {
    return {{client->current}, client->validated, true};
  }
  const auto& server = std::get<rtc::IceLiteMemory>(memory);
  KnownToIce known{{server.current}, server.validated, false};
  if (server.next) known.generations.push_back(*server.next);
  return known;
}

}  // namespace

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
                                             .source = session->source,
                                             .is_whep = session->kind == SessionKind::kWhep,
                                             .line = session->line,
                                             .number = session->number,
                                             .etag = session->etag,
                                             .is_restarted = session->is_restarted,
                                             .transport = *transport,
                                             .media = session->media,
                                             .remote = session->remote}));
  }
  return sessions;
}

void Switchboard::take_over(base::Instant now, const SessionMemory& memory,
                            const Inheritance& left) {
  auto line = restore_line(memory, left);
  if (line == nullptr) return;
  auto session = std::make_unique<Session>();
  session->id = memory.id;
  session->participant_id = memory.participant_id;
  session->seat = memory.seat;
  session->source = memory.source;
  session->kind = memory.is_whep ? SessionKind::kWhep : SessionKind::kWhip;
  session->line = memory.line;
  session->number = memory.number;
  session->transport = std::make_unique<rtc::Transport>(memory.transport, random_, now);
  const KnownToIce known = known_to(memory.transport.ice);
  session->is_offered = known.is_client;
  session->local_ice = known.generations.back().local;
  session->remote_ice = known.generations.back().remote;
  session->media = memory.media;
  session->etag = memory.etag;
  session->is_restarted = memory.is_restarted;
  session->remote = memory.remote;
  session->is_line_open = true;
  session->packets_received = line->stats().packets_received;
  session->seat_told_at = now;
  sessions_made_ = std::max(sessions_made_, memory.number);
  lines_taken_.set(static_cast<std::size_t>(memory.line));
  by_line_[static_cast<std::size_t>(memory.line)] = session.get();
  for (const net::Endpoint& address : known.validated) {
    session->addresses.push_back({address, now});
    sink_.to_floor(KnowAddress{session->line, address, now});
  }
  for (const rtc::IceGeneration& generation : known.generations) {
    sink_.to_floor(
        ExpectUser{session->line, ice_user(generation.local.ufrag), session->is_offered});
  }
  sink_.to_floor(OpenLine{session->line, std::move(line)});
  Session& placed = *session;
  sessions_[placed.id] = std::move(session);
  drain(now, placed);
}

}  // namespace shelcaster::app
