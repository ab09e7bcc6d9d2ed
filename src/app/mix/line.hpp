#pragma once

#include <array>
#include <cstddef>

#include "net/endpoint.hpp"
#include "rtc/media/media_session.hpp"

namespace shelcaster::app {

inline constexpr int kNoSeat = -1;

/// One WebRTC connection that is up: the media of one session, and the room for what it sends in a
/// tick. Built and destroyed on the stage thread, owned by the floor in between.
struct Line {
  Line(const rtc::MediaConfig& config, const net::Endpoint& at, int seat_index)
      : media(config), remote(at), seat(seat_index), receives(config.receive), sends(config.send) {}

  rtc::MediaSession media;
  net::Endpoint remote;
  /// Whose microphone and return this is; kNoSeat for a listener to the programme.
  int seat = kNoSeat;
  bool receives = false;
  bool sends = false;
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> rtp{};
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> rtcp{};
};

}  // namespace shelcaster::app
