#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "rtc/jitter/jitter_buffer.hpp"

namespace {

using namespace shelcaster;

// Seconds of sound take long under sanitizers: many short inputs find more than few long ones.
constexpr int kStepsMax = 400;

/// Frames by the payload's first byte, malformed ones among them; a level of one half throughout.
class LevelDecoder final : public rtc::FrameDecoder {
 public:
  int frames(base::ByteSpan payload) const noexcept override {
    static constexpr std::array<int, 8> kFrames{120, 240, 480, 960, 1920, 2880, 5760, 0};
    return payload.empty() ? 0 : kFrames[std::to_integer<std::size_t>(payload[0]) % 8];
  }
  bool has_fec(base::ByteSpan payload) const noexcept override {
    return (std::to_integer<unsigned>(payload[0]) & 8U) != 0;
  }
  int channels() const noexcept override { return channels_; }
  int channels_for(base::ByteSpan payload) const noexcept override {
    return (std::to_integer<unsigned>(payload[0]) & 32U) != 0 ? 2 : 1;
  }
  void reset(int channels) noexcept override {
    if (channels != 1 && channels != 2) std::abort();
    channels_ = channels;
  }
  int decode(base::ByteSpan payload, std::span<float> out) noexcept override {
    if ((std::to_integer<unsigned>(payload[0]) & 16U) != 0) return 0;
    return fill(frames(payload), out);
  }
  int decode_fec(base::ByteSpan, int count, std::span<float> out) noexcept override {
    return fill(count, out);
  }
  int conceal(int count, std::span<float> out) noexcept override { return fill(count, out); }

 private:
  int fill(int count, std::span<float> out) const {
    const auto samples = static_cast<std::size_t>(count * channels_);
    if (count % 120 != 0 || count > 5760 || out.size() < samples) std::abort();
    std::fill_n(out.begin(), samples, 0.5F);
    return count;
  }
  int channels_ = 1;
};

}  // namespace

// Any order of packets and blocks: every block comes, its level is hardly above what was put in,
// and the delay stays within its bound.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::ByteReader reader(base::ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  LevelDecoder decoder;
  rtc::JitterBuffer buffer({}, decoder);
  base::Instant now = base::Instant::from_nanoseconds(1'000'000'000);
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::array<float, 960> block{};
  for (int step = 0; step < kStepsMax && reader.remaining() >= 2; ++step) {
    const unsigned operation = reader.u8();
    const std::array<std::byte, 2> payload{static_cast<std::byte>(reader.u8()), std::byte{0}};
    if (operation < 128) {
      switch (operation % 8) {
        case 0:
          timestamp = reader.u32();
          break;
        case 1:
          sequence = reader.u16();
          break;
        case 2:
          timestamp -= 960U * (operation / 8);
          break;
        case 3:
          timestamp += 960U * (operation / 8);
          break;
        default:
          break;
      }
      buffer.insert(now - std::chrono::milliseconds(operation), sequence++, timestamp, payload);
      timestamp += static_cast<std::uint32_t>(decoder.frames(payload));
      continue;
    }
    if (operation == 255) now = now + std::chrono::seconds(3);
    now = now + std::chrono::milliseconds(10);
    if (operation % 16 == 5) {
      buffer.idle(now);
      continue;
    }
    const bool is_active = buffer.pull(now, block);
    for (const float s : block) {
      // A step rings by a tenth in the resampler.
      if (!(std::abs(s) <= 0.6F)) std::abort();
      if (!is_active && s != 0.0F) std::abort();
    }
  }
  return 0;
}
