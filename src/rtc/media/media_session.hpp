#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/state_io.hpp"
#include "base/time.hpp"
#include "rtc/jitter/jitter_buffer.hpp"
#include "rtc/media/packet_log.hpp"
#include "rtc/rtp/header_extension.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

/// What a peer may send us and how it is played.
struct ReceptionConfig {
  /// The Opus payload type of the answer. Packets of the microphone with another one are counted
  /// and ignored, those of another source aren't looked at.
  int payload_type = 111;
  /// The id of the header extension with the sender's audio level (RFC 6464) in the SDP; 0: none.
  int audio_level_id = 0;
  /// The bounds of the jitter buffer's delay.
  int delay_ms_min = 20;
  int delay_ms_max = 500;
};

struct MediaConfig {
  SrtpKeys keys;

  /// False for a peer that only listens: its RTP is refused, its RTCP is read.
  bool receive = true;
  /// From the offer's a=ssrc; 0 when it is not known: the first source that is heard then has it.
  std::uint32_t remote_ssrc = 0;
  ReceptionConfig reception;

  bool send = true;
  /// Never 0. Ours in every RTCP packet, also when nothing is sent.
  std::uint32_t local_ssrc = 1;
  int send_payload_type = 111;
  /// Of the header extension with our audio level (RFC 6464), from the SDP; 0: it is not sent.
  int send_audio_level_id = 0;
  /// make_first_sequence(); a test may have another.
  std::uint16_t first_sequence = 0;
  std::uint32_t first_timestamp = 0;
  /// RFC 7022: random, says nothing about the person. At most 64 bytes are used.
  std::string cname;
};

/// Random (RFC 3550 §5.1), and below 2^15: a peer that doesn't get the packets before the first
/// wrap couldn't know of it, and would open none that follows (RFC 3711 §3.3.1).
std::uint16_t make_first_sequence(base::Random& random);

struct MediaStats {
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_rejected = 0;   ///< bad tag, replayed or malformed
  std::int64_t packets_lost = 0;        ///< RFC 3550 cumulative, duplicates make it fall
  std::uint64_t packets_late = 0;       ///< came after their time and were dropped
  float loss_percent = 0;               ///< of what the peer sent us, over about the last second
  float jitter_ms = 0;                  ///< RFC 3550 §6.4.1 interarrival jitter
  float delay_ms = 0;                   ///< now in the jitter buffer, from fastest packet to output
  float target_delay_ms = 0;            ///< what it is being steered to
  float concealed_percent = 0;          ///< made up of the sound of the last seconds
  float drift_ppm = 0;                  ///< of the peer's clock against ours; positive: it is fast
  float rtt_ms = 0;                     ///< 0 until a report came back
  float remote_loss_percent = 0;        ///< what the peer says it lost of ours
  std::uint64_t concealed_samples = 0;  ///< made up, because a packet was lost or late
  std::uint64_t fec_samples = 0;        ///< recovered from the next packet
  std::uint64_t removed_samples = 0;    ///< taken out to bring the delay back
  std::uint64_t inserted_samples = 0;   ///< put in to raise the delay
  /// Of the sender's microphone in dBov, by its header extension (RFC 6464) and with the ballistics
  /// of a meter; −127 is silence. Without the extension has_sender_level is false.
  bool has_sender_level = false;
  float sender_level_db = -127;
  bool sender_voice = false;
  bool said_goodbye = false;  ///< RTCP BYE from the present remote SSRC
};

/// The media half of one peer: SRTP, RTP, RTCP, jitter buffer and Opus decoder in; RTP and RTCP
/// packets out. It belongs to the audio thread. Only the constructor and destructor allocate; all
/// other calls are noexcept, bounded, without lock, log or system call.
///
/// A peer may have several sources (SSRC): SourceChoice says which of them is played. Only sound
/// in the negotiated payload type makes one a candidate: retransmissions, FEC and video beside it
/// are left alone, and reports are read of whatever source.
class MediaSession {
 public:
  /// Every buffer given for a packet must have this size: MTU and the longest SRTP trailer.
  static constexpr std::size_t kPacketBufferBytes = 1500;
  static constexpr std::size_t kBlockFrames = 480;

  /// kIgnored: of another source than the microphone's and no sound. Nothing was opened.
  enum class Handled { kRtp, kRtcp, kIgnored, kRejected };

  /// Aborts if the keys are not of their profile's length.
  explicit MediaSession(const MediaConfig& config);
  ~MediaSession();
  MediaSession(const MediaSession&) = delete;
  MediaSession& operator=(const MediaSession&) = delete;

  /// An SRTP or SRTCP packet (RFC 5761 tells them apart). Decrypts in place, at the cost of one
  /// check of a tag; of a packet that is not the peer's the rest is unspecified. `arrival` is best
  /// the kernel's receive time.
  Handled handle_packet(base::Instant arrival, std::span<std::byte> bytes) noexcept;

  /// The next 10 ms: 480 frames of 48 kHz stereo, L R L R …, to be called once per block, in order.
  /// `now` is the block's nominal time, 10 ms after that of the block before, on the clock of
  /// `arrival`. False: nothing was received lately and `out` is all zero; or nobody hears it (see
  /// set_heard()) and `out` is as it was.
  bool pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept;

  /// Whether anybody hears what pull() gives; true at first. While nobody does, packets are
  /// authenticated, counted and timed but not decoded, provided that they tell their level: pull()
  /// then answers false, and the meter is MediaStats::sender_level_db. Without levels it goes on
  /// decoding, for somebody to see one. Heard again, sound comes within 20 ms (or a packet's
  /// length), faded in.
  void set_heard(bool is_heard) noexcept;
  /// False: the last pull decoded nothing, because nobody hears it.
  [[nodiscard]] bool is_decoding() const noexcept;

  /// Makes and protects the next RTP packet in `out` and returns it; `samples` is the payload's
  /// duration at 48 kHz, `level` goes along if the extension was agreed. Empty if this session
  /// doesn't send or if it does not fit.
  base::ByteSpan make_rtp(base::Instant now, base::ByteSpan opus_payload, int samples,
                          std::span<std::byte> out,
                          std::optional<AudioLevel> level = std::nullopt) noexcept;

  /// SR or RR with SDES when one is due (about once a second), else empty. Call once per block.
  base::ByteSpan poll_rtcp(base::Instant now, std::span<std::byte> out) noexcept;

  /// A last report with BYE (RFC 3550 §6.6), for an orderly end.
  base::ByteSpan make_bye(base::Instant now, std::span<std::byte> out) noexcept;

  [[nodiscard]] MediaStats stats() const noexcept;

  /// From now on packets that somebody hears are noted in `log`, which outlives the session.
  void set_log(PacketLog* log) noexcept;

  /// All that a session of the same MediaConfig needs to go on in another process, but for keys and
  /// packets; at most kStateBytes.
  void save(base::StateWriter& to) const noexcept;
  static constexpr std::size_t kStateBytes = 2'048 + JitterBuffer::kStateBytes;
  /// Only in a session that has done nothing, off the audio thread (it allocates). `packets` is
  /// asked for those of an SSRC (see JitterBuffer::restore). False if `from` doesn't hang together:
  /// the session is then not to be used.
  using PacketsOf = std::function<std::span<const InsertedPacket>(std::uint32_t ssrc)>;
  [[nodiscard]] bool restore(base::StateReader& from, const PacketsOf& packets);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::rtc
