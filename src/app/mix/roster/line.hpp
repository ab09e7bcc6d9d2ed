#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/endpoint.hpp"
#include "rtc/media/media_session.hpp"
#include "tape/packet_journal.hpp"

namespace shelcaster::app {

inline constexpr int kNoSeat = -1;

/// Puts the packets of one line into the journal.
class LineLog final : public rtc::PacketLog {
 public:
  LineLog(tape::PacketJournal journal, int line) : journal_(journal), line_(line) {}
  void note(std::uint32_t ssrc, const rtc::InsertedPacket& packet) noexcept override {
    journal_.note({.line = static_cast<std::uint32_t>(line_),
                   .ssrc = ssrc,
                   .timestamp = packet.timestamp,
                   .sequence = packet.sequence,
                   .payload = packet.payload});
  }

 private:
  tape::PacketJournal journal_;
  int line_;
};

/// One WebRTC connection that is up: the media of one session, and the room for what it sends in a
/// tick. Built and destroyed on the stage thread, owned by the floor in between.
struct Line {
  Line(const rtc::MediaConfig& config, const net::Endpoint& at, int seat_index)
      : media(config), remote(at), seat(seat_index), receives(config.receive), sends(config.send) {}

  rtc::MediaSession media;
  std::optional<LineLog> log;
  net::Endpoint remote;      // where we send
  net::Endpoint heard_from;  // of the last authentic packet
  std::uint64_t packets_heard = 0;
  base::Instant remote_heard_at;  // the last one from `remote`
  base::Instant elsewhere_told_at;
  /// Whose microphone and return this is; kNoSeat for a listener to the programme.
  int seat = kNoSeat;
  bool receives = false;
  bool sends = false;
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> rtp{};
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> rtcp{};
};

}  // namespace shelcaster::app
