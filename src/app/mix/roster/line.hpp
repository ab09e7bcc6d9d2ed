#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "audio/block.hpp"
#include "base/bytes.hpp"
#include "base/state_io.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "rtc/media/media_session.hpp"
#include "tape/packet_journal.hpp"

namespace shelcaster::app {

inline constexpr int kNoSeat = -1;

/// By which somebody's sound comes in and what they hear goes out: the port between the floor and
/// whatever people connect by. The stage thread builds it when a connection is up, the floor owns
/// it, and it goes back to the stage thread to be destroyed. Every call is the audio thread's:
/// bounded, without allocation, lock, log or system call.
class Line {
 public:
  /// Of a packet that is sent, and of one that is taken.
  static constexpr std::size_t kPacketBytesMax = rtc::MediaSession::kPacketBufferBytes;
  /// Of what save() writes.
  static constexpr std::size_t kStateBytesMax = rtc::MediaSession::kStateBytes;

  Line(const net::Endpoint& at, int seat_index, bool does_receive, bool does_send)
      : remote(at), seat(seat_index), receives(does_receive), sends(does_send) {}
  virtual ~Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// The floor has it now, by this number. What comes in is noted in the journal, for whoever takes
  /// the line over.
  virtual void begin(const tape::PacketJournal& journal, int number) noexcept = 0;

  /// Whether a packet is this line's. Of one that is not, the bytes may be spoilt.
  virtual bool take(base::Instant arrival, std::span<std::byte> packet) noexcept = 0;
  /// Whether anybody hears what pull() gives (see rtc::MediaSession).
  virtual void set_heard(bool is_heard) noexcept = 0;
  /// The next block that came in; false: there is no sound. Once a block.
  virtual bool pull(base::Instant now, audio::StereoBlock& block) noexcept = 0;
  /// False: the last pull() decoded nothing, since nobody hears it.
  [[nodiscard]] virtual bool is_decoding() const noexcept = 0;

  // What goes out: the packet to be sent to `remote`, valid until the next call of its kind; empty:
  // none.
  /// A frame of 20 ms of what is heard here, in Opus.
  virtual base::ByteSpan send(base::Instant now, base::ByteSpan opus_frame) noexcept = 0;
  /// Once a block.
  virtual base::ByteSpan poll_report(base::Instant now) noexcept = 0;
  virtual base::ByteSpan make_goodbye(base::Instant now) noexcept = 0;

  [[nodiscard]] virtual rtc::MediaStats stats() const noexcept = 0;
  /// What the same line of another process goes on from, beside what its session remembers.
  virtual void save(base::StateWriter& to) const noexcept = 0;

  // The floor's own notes.
  net::Endpoint remote;      // where we send
  net::Endpoint heard_from;  // of the last authentic packet
  std::uint64_t packets_heard = 0;
  base::Instant remote_heard_at;  // the last one from `remote`
  base::Instant elsewhere_told_at;
  /// Whose microphone and return this is; kNoSeat for a listener to the programme.
  const int seat;
  const bool receives;
  const bool sends;
};

}  // namespace shelcaster::app
