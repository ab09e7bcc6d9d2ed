#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

/// What a peer may send us and how it is played.
struct ReceptionConfig {
  /// The Opus payload type of the answer; packets with another one are counted and ignored.
  int payload_type = 111;
  /// The id of the header extension with the sender's audio level (RFC 6464) in the SDP; 0: none.
  int audio_level_id = 0;
  /// The bounds of the jitter buffer's delay.
  int delay_ms_min = 20;
  int delay_ms_max = 500;
};

/// Everything that belongs to one remote SSRC: its SRTP context, and for an SSRC that sends media
/// its jitter buffer and decoder. It allocates, so it is built and destroyed off the audio thread
/// and handed to the MediaSession by adopt().
class Reception {
 public:
  enum class Kind { kMedia, kRtcpOnly };

  /// Aborts if the keys are not of their profile's length.
  Reception(const SrtpKeys& keys, std::uint32_t ssrc, Kind kind, const ReceptionConfig& config);
  ~Reception();
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  [[nodiscard]] std::uint32_t ssrc() const noexcept;
  [[nodiscard]] Kind kind() const noexcept;

 private:
  friend class MediaSession;
  struct State;
  std::unique_ptr<State> state_;
};

/// For the stage thread, with a packet that MediaSession called kUnknownSsrc: if the peer really
/// sent it (its authentication tag is right), the reception for its SSRC; else nullptr. `packet` is
/// left as it was, so that it may be given to handle_packet() after the adoption.
std::unique_ptr<Reception> make_reception(const SrtpKeys& keys, base::ByteSpan packet,
                                          const ReceptionConfig& config);

}  // namespace shelcaster::rtc
