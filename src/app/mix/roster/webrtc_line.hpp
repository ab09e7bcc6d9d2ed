#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "app/mix/roster/line.hpp"
#include "rtc/media/packet_log.hpp"

namespace shelcaster::app {

/// A line over SRTP, whoever made the offer: the media of one WebRTC session, and the room for what
/// it sends in a block.
class WebrtcLine final : public Line {
 public:
  WebrtcLine(const rtc::MediaConfig& config, const net::Endpoint& at, int seat_index)
      : Line(at, seat_index, config.receive, config.send), media_(config) {}

  /// Off the audio thread, before anything else: goes on as the line of another process was. False
  /// if `from` doesn't hang together: it is then not to be used.
  [[nodiscard]] bool restore(base::StateReader& from, const rtc::MediaSession::PacketsOf& packets) {
    return media_.restore(from, packets);
  }

  void begin(const tape::PacketJournal& journal, int number) noexcept override;
  bool take(base::Instant arrival, std::span<std::byte> packet) noexcept override;
  void set_heard(bool is_heard) noexcept override { media_.set_heard(is_heard); }
  bool pull(base::Instant now, audio::StereoBlock& block) noexcept override {
    return media_.pull(now, block);
  }
  [[nodiscard]] bool is_decoding() const noexcept override { return media_.is_decoding(); }
  base::ByteSpan send(base::Instant now, base::ByteSpan opus_frame) noexcept override;
  base::ByteSpan poll_report(base::Instant now) noexcept override {
    return media_.poll_rtcp(now, rtcp_);
  }
  base::ByteSpan make_goodbye(base::Instant now) noexcept override {
    return media_.make_bye(now, rtcp_);
  }
  [[nodiscard]] rtc::MediaStats stats() const noexcept override { return media_.stats(); }
  void save(base::StateWriter& to) const noexcept override { media_.save(to); }

 private:
  /// Puts the packets of one line into the journal.
  class Log final : public rtc::PacketLog {
   public:
    Log(tape::PacketJournal journal, int line) : journal_(journal), line_(line) {}
    void note(std::uint32_t ssrc, const rtc::InsertedPacket& packet) noexcept override;

   private:
    tape::PacketJournal journal_;
    int line_;
  };

  rtc::MediaSession media_;
  std::optional<Log> log_;
  std::array<std::byte, kPacketBytesMax> rtp_{};
  std::array<std::byte, kPacketBytesMax> rtcp_{};
};

}  // namespace shelcaster::app
