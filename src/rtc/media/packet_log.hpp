#pragma once

#include <cstdint>

#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc {

/// Keeps what has come and may not have been played yet, for whoever goes on after a crash. Called
/// on the audio thread, so it neither allocates nor waits.
class PacketLog {
 public:
  /// A packet of sound of `ssrc`, authenticated and open. Its payload is valid during the call.
  virtual void note(std::uint32_t ssrc, const InsertedPacket& packet) noexcept = 0;

 protected:
  ~PacketLog() = default;
};

}  // namespace shelcaster::rtc
