#include "ear.hpp"

#include <cstring>
#include <utility>

#include "rtc/rtp/rtp_packet.hpp"

namespace shelcaster::sim {

using std::chrono::milliseconds;

Ear::Ear(const rtc::SrtpKeys& keys, std::uint32_t remote_ssrc)
    : srtp_(keys), remote_ssrc_(remote_ssrc) {}

void Ear::begin(base::Instant now, std::uint16_t sequence) {
  is_collecting_ = true;
  stretch_ends_at_ = now + milliseconds(1000);
  first_ = sequence;
  count_ = 0;
  for (Frame& frame : frames_) frame.is_there = false;
}

void Ear::handle_rtp(base::Instant now, base::Instant sent_at, std::span<std::byte> bytes) {
  ++packets_;
  if (now >= give_up_at_) {
    is_collecting_ = false;
    return;
  }
  const std::size_t size = srtp_.unprotect_rtp(bytes);
  const auto packet = rtc::parse_rtp(bytes.first(size));
  if (!packet || packet->payload.size() > kPayloadBytesMax) return;
  if (!is_collecting_ || now >= stretch_ends_at_) begin(now, packet->header.sequence);
  const auto index = static_cast<std::uint16_t>(packet->header.sequence - first_);
  if (index >= kFrames || frames_[index].is_there) return;
  Frame& frame = frames_[index];
  frame.is_there = true;
  frame.sent_at = sent_at;
  frame.size = packet->payload.size();
  std::memcpy(frame.payload.data(), packet->payload.data(), frame.size);
  if (++count_ == kFrames) decode();
}

void Ear::decode() {
  is_collecting_ = false;
  give_up_at_ = base::Instant();
  decoder_.reset();
  Heard& heard = heard_.emplace();
  // A packet holds what was mixed in the 20 ms before it was sent.
  heard.from = frames_[kWarmUpFrames].sent_at - milliseconds(20);
  heard.until = frames_.back().sent_at;
  std::size_t at = 0;
  for (std::size_t i = 0; i < kFrames; ++i) {
    std::array<float, std::size_t{2} * codec::kOpusFramesMax> pcm{};
    const int frames =
        decoder_.decode(base::ByteSpan(frames_[i].payload).first(frames_[i].size), pcm);
    if (i < kWarmUpFrames) continue;
    for (std::size_t k = 0; k < static_cast<std::size_t>(frames) && at < kLookSamples;
         k += kLookStep) {
      heard.sound[at++] = pcm[2 * k];
    }
  }
  while (at < kLookSamples) heard.sound[at++] = 0;
}

std::optional<Heard> Ear::take() {
  if (!heard_) return std::nullopt;
  return std::exchange(heard_, std::nullopt);
}

}  // namespace shelcaster::sim
