#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/state_io.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

/// The most that protecting a packet adds: a tag of 16 bytes, and for RTCP its 4-byte index
/// (RFC 7714 §17; RFC 3711 §3.4).
inline constexpr std::size_t kSrtpOverheadBytesMax = 20;

/// RFC 5761 §4: RTCP packet types 192–223 are told from RTP payload types by the second byte. The
/// packet's SSRC is then at a different place, and may be read before authentication only to choose
/// a context by it. nullopt: too short, or not version 2.
struct PacketSource {
  bool is_rtcp;
  std::uint32_t ssrc;
};
std::optional<PacketSource> packet_source(base::ByteSpan packet) noexcept;

/// Protects what we send with one SSRC (RFC 3711, RFC 7714). Our own over OpenSSL's ciphers, since
/// libsrtp as it is packaged (over NSS) takes locks and allocates for every packet; the tests hold
/// it against libsrtp. Allocates in the constructor only, which aborts on keys of the wrong length;
/// not thread-safe. `bytes` holds `size` bytes of packet and kSrtpOverheadBytesMax of room; the
/// result is the protected size, 0 if refused (no room, not an RTP packet of this SSRC, or a
/// sequence number used before: a key stream is never used twice).
class SrtpSender {
 public:
  SrtpSender(const SrtpKeys& keys, std::uint32_t ssrc);
  ~SrtpSender();

  /// After a crash of the process that held these keys: it goes on so many indices after what was
  /// saved, in RTP and RTCP alike. Saved before a packet is handed to the network, an index can't
  /// have been seen there that is not in the state; the margin is for states that were saved late.
  static constexpr std::uint32_t kResumeMargin = 16;

  std::size_t protect_rtp(std::span<std::byte> bytes, std::size_t size) noexcept;
  std::size_t protect_rtcp(std::span<std::byte> bytes, std::size_t size) noexcept;

  /// The indices that were used, not the keys.
  void save(base::StateWriter& to) const noexcept;
  /// Only in a sender of the same keys and SSRC that has sent nothing. The next RTP packet must be
  /// kResumeMargin + 1 after the last one in sequence.
  void restore(base::StateReader& from) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens what exactly one remote SSRC sends, and refuses every other, so that no packet can make it
/// allocate. Replays and packets older than the window of 1024 are refused.
class SrtpReceiver {
 public:
  /// `rollover_counter`: what the sender's sequence number has wrapped to already.
  SrtpReceiver(const SrtpKeys& keys, std::uint32_t ssrc, std::uint32_t rollover_counter = 0);
  ~SrtpReceiver();

  /// Decrypts in place and returns the size of the plain packet; 0 if it is refused: `bytes` is
  /// then unspecified.
  std::size_t unprotect_rtp(std::span<std::byte> bytes) noexcept;
  std::size_t unprotect_rtcp(std::span<std::byte> bytes) noexcept;

  /// The newest indices that were opened, not the keys.
  void save(base::StateWriter& to) const noexcept;
  /// Only in a receiver of the same keys and SSRC that has opened nothing. What is as old as the
  /// newest that was saved, or older, is refused.
  void restore(base::StateReader& from) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// For the stage thread: is a packet from an SSRC that was not announced really the peer's? Takes a
/// copy and allocates; nothing is kept from one call to the next. A sender whose sequence number
/// wrapped before its first packet reached us is not recognised (RFC 3711 §3.3.1 has no way to).
class InboundProbe {
 public:
  explicit InboundProbe(SrtpKeys keys);

  /// Its source if it is authentic.
  [[nodiscard]] std::optional<PacketSource> authenticate(base::ByteSpan packet) const;

 private:
  SrtpKeys keys_;
};

}  // namespace shelcaster::rtc
