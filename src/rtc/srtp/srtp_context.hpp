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

/// Opens what one peer sends, from whatever source (SSRC): the keys are the peer's, so the tag says
/// whether a packet is. Of its last kRtpSourcesMax sources of media, and of the last
/// kRtcpSourcesMax of reports, it knows the rollover counter and what has been opened: replays and
/// packets older than the window of 1024 are refused, also of a source that went and came back. One
/// that was forgotten is refused (see SourceTable). No packet makes it allocate, and each costs one
/// check of a tag at most.
///
/// A source whose sequence number wrapped before its first packet reached us is opened too: where
/// the first number is low, every other attempt takes it for that (RFC 3711 section 3.3.1 has no
/// way to know).
class SrtpReceiver {
 public:
  static constexpr std::size_t kRtpSourcesMax = 4;
  static constexpr std::size_t kRtcpSourcesMax = 8;

  explicit SrtpReceiver(const SrtpKeys& keys);
  ~SrtpReceiver();

  /// This source is not forgotten for others.
  void keep(std::uint32_t ssrc) noexcept;

  /// Decrypts in place and returns the size of the plain packet; 0 if it is refused: `bytes` is
  /// then unspecified.
  std::size_t unprotect_rtp(std::span<std::byte> bytes) noexcept;
  std::size_t unprotect_rtcp(std::span<std::byte> bytes) noexcept;

  /// The sources and the newest indices that were opened, not the keys; at most kStateBytes.
  void save(base::StateWriter& to) const noexcept;
  static constexpr std::size_t kStateBytes = 1'024;
  /// Only in a receiver of the same keys that has opened nothing. What is as old as the newest that
  /// was saved, or older, is refused.
  void restore(base::StateReader& from) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::rtc
