#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "codec/opus_decoder.hpp"
#include "rtc/srtp/srtp_context.hpp"
#include "tone_bank.hpp"

namespace shelcaster::sim {

/// What somebody heard of their return, and when the mixer had sent it.
struct Heard {
  base::Instant from;
  base::Instant until;
  Look sound;
};

/// Listens to a return now and then, for 200 ms: opening and decoding every packet of ten people
/// would cost more than mixing them. Packets are put in order by their numbers, without a jitter
/// buffer; a stretch with a lost packet is thrown away and the next one taken.
class Ear {
 public:
  Ear(const rtc::SrtpKeys& keys, std::uint32_t remote_ssrc);

  /// Takes the next whole stretch that comes within ten seconds.
  void listen(base::Instant now) { give_up_at_ = now + std::chrono::seconds(10); }
  void handle_rtp(base::Instant now, base::Instant sent_at, std::span<std::byte> bytes);
  [[nodiscard]] std::optional<Heard> take();

  [[nodiscard]] std::uint64_t packets() const { return packets_; }

 private:
  // The first frames are for the decoder to find into the stream.
  static constexpr std::size_t kWarmUpFrames = 2;
  static constexpr std::size_t kFrames = kWarmUpFrames + 10;
  static constexpr std::size_t kPayloadBytesMax = 1300;

  struct Frame {
    bool is_there = false;
    base::Instant sent_at;
    std::size_t size = 0;
    std::array<std::byte, kPayloadBytesMax> payload;
  };
  void begin(base::Instant now, std::uint16_t sequence);
  void decode();

  rtc::SrtpReceiver srtp_;
  std::uint32_t remote_ssrc_;
  codec::OpusDecoder decoder_{2};
  base::Instant give_up_at_;
  bool is_collecting_ = false;
  base::Instant stretch_ends_at_;
  std::uint16_t first_ = 0;
  std::size_t count_ = 0;
  std::array<Frame, kFrames> frames_{};
  std::optional<Heard> heard_;
  std::uint64_t packets_ = 0;
};

}  // namespace shelcaster::sim
