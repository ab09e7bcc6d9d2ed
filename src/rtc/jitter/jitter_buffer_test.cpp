#include "rtc/jitter/jitter_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <optional>
#include <vector>

#include "base/random.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(100'000'000'000);
constexpr base::Duration kNetworkDelay = 30ms;
constexpr double kToneHz = 441;
constexpr float kToneAmplitude = 0.5F;
// The right channel tells each frame's position, too quietly to disturb anything.
constexpr float kPositionScale = 1.0F / 1073741824.0F;

struct Payload {
  std::int64_t position;
  int frames;
  bool has_fec;
};

/// Decodes a payload into a tone in the left channel and its position in the right.
class ToneDecoder final : public FrameDecoder {
 public:
  int frames(base::ByteSpan payload) const noexcept override {
    return payload.size() == sizeof(Payload) ? read(payload).frames : 0;
  }
  bool has_fec(base::ByteSpan payload) const noexcept override { return read(payload).has_fec; }
  int channels() const noexcept override { return 2; }
  int channels_for(base::ByteSpan) const noexcept override { return 2; }
  void reset(int) noexcept override {}
  int decode(base::ByteSpan payload, std::span<float> out) noexcept override {
    const Payload p = read(payload);
    return write(p.position, p.frames, out);
  }
  int decode_fec(base::ByteSpan next, int frames, std::span<float> out) noexcept override {
    return write(read(next).position - frames, frames, out);
  }
  int conceal(int frames, std::span<float> out) noexcept override {
    return write(next_, frames, out);
  }

 private:
  static Payload read(base::ByteSpan payload) {
    Payload p{};
    std::memcpy(&p, payload.data(), sizeof p);
    return p;
  }
  int write(std::int64_t position, int frames, std::span<float> out) {
    for (int i = 0; i < frames; ++i) {
      const double at = static_cast<double>(position + i);
      const auto k = static_cast<std::size_t>(2 * i);
      out[k] = kToneAmplitude *
               static_cast<float>(std::sin(2 * std::numbers::pi * kToneHz * at / 48'000.0));
      out[k + 1] = static_cast<float>(position + i) * kPositionScale;
    }
    next_ = position + frames;
    return frames;
  }
  std::int64_t next_ = 0;
};

/// What the network does to packet `i`: nothing = lost, else its extra delay.
using Fate = std::function<std::optional<base::Duration>(int i)>;

struct Heard {
  std::vector<double> delay_ms;  ///< of each block that had sound, measured from its position
  std::vector<double> at_s;      ///< when
  std::vector<float> left;
  JitterStats stats;

  [[nodiscard]] double median_delay(double from_s, double to_s) const {
    std::vector<double> chosen;
    for (std::size_t i = 0; i < at_s.size(); ++i) {
      if (at_s[i] >= from_s && at_s[i] < to_s) chosen.push_back(delay_ms[i]);
    }
    if (chosen.empty()) return -1;
    std::nth_element(chosen.begin(),
                     chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2), chosen.end());
    return chosen[chosen.size() / 2];
  }
  [[nodiscard]] double max_delay() const {
    return *std::max_element(delay_ms.begin(), delay_ms.end());
  }
  [[nodiscard]] double rms(double from_s, double to_s) const {
    double sum = 0;
    const auto from = static_cast<std::size_t>(from_s * 48'000);
    const auto to = std::min(left.size(), static_cast<std::size_t>(to_s * 48'000));
    for (std::size_t i = from; i < to; ++i) {
      sum += static_cast<double>(left[i]) * static_cast<double>(left[i]);
    }
    return std::sqrt(sum / static_cast<double>(to - from));
  }
  /// The greatest step between neighbours, as a multiple of the tone's own greatest.
  [[nodiscard]] double roughness() const {
    const double own =
        static_cast<double>(kToneAmplitude) * 2 * std::numbers::pi * kToneHz / 48'000;
    float step = 0;
    for (std::size_t i = 1; i < left.size(); ++i) {
      step = std::max(step, std::abs(left[i] - left[i - 1]));
    }
    return static_cast<double>(step) / own;
  }
};

struct Scenario {
  double seconds = 10;
  int frames = 960;
  bool fec = false;
  std::uint16_t first_sequence = 65'000;
  std::uint32_t first_timestamp = 0xffff'0000;
  Fate fate = [](int) { return base::Duration(0); };
  JitterConfig config = {};
};

Heard listen(const Scenario& scenario) {
  struct Arrival {
    base::Instant at;
    int index;
  };
  const int packets = static_cast<int>(scenario.seconds * 48'000) / scenario.frames;
  std::vector<Arrival> arrivals;
  for (int i = 0; i < packets; ++i) {
    const auto extra = scenario.fate(i);
    if (!extra) continue;
    arrivals.push_back(
        {kStart + kNetworkDelay + base::to_duration(std::int64_t{i} * scenario.frames) + *extra,
         i});
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });

  ToneDecoder decoder;
  JitterBuffer buffer(scenario.config, decoder);
  Heard result;
  std::size_t next = 0;
  std::array<float, 960> block{};
  for (int tick = 0; tick < static_cast<int>(scenario.seconds * 100); ++tick) {
    const base::Instant now = kStart + 3ms + tick * 10ms;
    for (; next < arrivals.size() && arrivals[next].at <= now; ++next) {
      const int i = arrivals[next].index;
      const Payload payload{std::int64_t{i} * scenario.frames, scenario.frames, scenario.fec};
      buffer.insert(arrivals[next].at, static_cast<std::uint16_t>(scenario.first_sequence + i),
                    scenario.first_timestamp + static_cast<std::uint32_t>(i * scenario.frames),
                    std::as_bytes(std::span(&payload, 1)));
    }
    const bool is_active = buffer.pull(now, block);
    for (std::size_t i = 0; i < 480; ++i) result.left.push_back(block[2 * i]);
    // A block that was faded or cross-faded doesn't tell its position.
    const bool is_plain = std::abs((block[959] - block[1]) / kPositionScale - 479) < 3;
    if (is_active && is_plain && block[1] > 0) {
      const auto position = static_cast<std::int64_t>(block[1] / kPositionScale);
      const base::Duration delay = now - (kStart + kNetworkDelay + base::to_duration(position));
      result.delay_ms.push_back(std::chrono::duration<double, std::milli>(delay).count());
      result.at_s.push_back(tick * 0.01);
    }
  }
  result.stats = buffer.stats();
  return result;
}

constexpr double kToneRms = 0.3535;

TEST(JitterBuffer, OnACleanNetworkTheDelayIsShortAndTheSoundWhole) {
  for (const int frames : {480, 960, 1920, 2880}) {
    const Heard r = listen({.frames = frames});
    EXPECT_LE(r.median_delay(2, 10), 35) << frames;
    EXPECT_LE(r.median_delay(5, 10), 31) << frames;
    EXPECT_GE(r.median_delay(5, 10), 15) << frames;
    EXPECT_EQ(r.stats.concealed_frames, 0U) << frames;
    EXPECT_EQ(r.stats.late_packets, 0U) << frames;
    EXPECT_NEAR(r.rms(0.2, 10), kToneRms, 0.01) << frames;
    EXPECT_LT(r.roughness(), 1.3) << frames;
  }
}

TEST(JitterBuffer, SteadyJitterIsAbsorbedWithoutConcealment) {
  base::SeededRandom random(1);
  const Heard r =
      listen({.seconds = 30, .fate = [&](int) {
                return base::Duration(static_cast<std::int64_t>(random.below(40'000'000)));
              }});
  EXPECT_LE(r.median_delay(10, 30), 70);
  EXPECT_LE(r.stats.late_packets, 20U);
  EXPECT_LE(r.stats.concealed_frames, 48'000U / 2);
  EXPECT_NEAR(r.rms(5, 30), kToneRms, 0.02);
  EXPECT_LT(r.roughness(), 1.6);
}

TEST(JitterBuffer, LostFramesComeBackFromTheNextPacket) {
  const Heard r = listen({.fec = true, .fate = [](int i) -> std::optional<base::Duration> {
                            if (i > 100 && i % 10 == 3) return std::nullopt;
                            return base::Duration(0);
                          }});
  EXPECT_GE(r.stats.fec_frames, 35U * 960);
  EXPECT_NEAR(r.rms(0.2, 10), kToneRms, 0.01);
  EXPECT_LE(r.max_delay(), 80);
}

TEST(JitterBuffer, LostFramesWithoutFecAreConcealed) {
  base::SeededRandom random(2);
  const Heard r = listen({.seconds = 30, .fate = [&](int) -> std::optional<base::Duration> {
                            if (random.below(100) < 10) return std::nullopt;
                            return base::Duration(0);
                          }});
  EXPECT_GT(r.stats.concealed_frames, 50U * 960);
  EXPECT_NEAR(r.rms(0.2, 30), kToneRms, 0.02);
  EXPECT_LE(r.median_delay(5, 30), 45);
  EXPECT_LE(r.max_delay(), 120);
}

TEST(JitterBuffer, ReorderedPacketsArePlayedInOrder) {
  const Heard r = listen(
      {.seconds = 20, .fate = [](int i) { return base::Duration(i % 8 == 0 ? 25ms : 0ms); }});
  EXPECT_LE(r.stats.late_packets, 5U);
  EXPECT_LE(r.median_delay(10, 20), 55);
  EXPECT_NEAR(r.rms(2, 20), kToneRms, 0.01);
}

TEST(JitterBuffer, AfterAStormTheDelayComesBack) {
  base::SeededRandom random(3);
  const Heard r = listen(
      {.seconds = 40, .fate = [&](int i) {
         const bool is_storm = i > 500 && i < 750;  // 10 s to 15 s
         return base::Duration(is_storm ? static_cast<std::int64_t>(random.below(250'000'000)) : 0);
       }});
  EXPECT_LE(r.median_delay(5, 10), 31);
  EXPECT_GE(r.median_delay(12, 15), 100) << "it grows";
  EXPECT_LE(r.max_delay(), 520) << "but not beyond its bound";
  EXPECT_LE(r.median_delay(30, 40), 31) << "and returns";
  EXPECT_LT(r.roughness(), 2.5);
  EXPECT_NEAR(r.rms(30, 40), kToneRms, 0.01);
}

TEST(JitterBuffer, AStallOf300MsLosesNothingAndIsCaughtUp) {
  const Heard r =
      listen({.seconds = 20, .fate = [](int i) {
                const int stalled = i - 250;
                const bool is_stalled = stalled >= 0 && stalled < 15;
                return is_stalled ? base::Duration(300ms) - stalled * 20ms : base::Duration(0);
              }});
  EXPECT_EQ(r.stats.late_packets, 0U);
  EXPECT_EQ(r.stats.skipped_frames, 0U);
  EXPECT_GE(r.max_delay(), 150);
  EXPECT_LE(r.median_delay(9, 20), 45);
  EXPECT_LE(r.median_delay(16, 20), 31);
}

TEST(JitterBuffer, AStallBeyondTheBoundIsCutShort) {
  const Heard r =
      listen({.seconds = 20, .fate = [](int i) {
                const int stalled = i - 250;
                const bool is_stalled = stalled >= 0 && stalled < 75;
                return is_stalled ? base::Duration(1500ms) - stalled * 20ms : base::Duration(0);
              }});
  EXPECT_LE(r.max_delay(), 520);
  EXPECT_LE(r.median_delay(17, 20), 40);
  EXPECT_NEAR(r.rms(8, 20), kToneRms, 0.01);
}

TEST(JitterBuffer, ASenderThatPausesItsClockIsHeardAgainAtOnce) {
  for (const auto pause : {400ms, 900ms, 5000ms}) {
    const Heard r = listen(
        {.seconds = 20, .fate = [&](int i) { return base::Duration(i >= 250 ? pause : 0ms); }});
    const double paused_s = std::chrono::duration<double>(pause).count();
    EXPECT_NEAR(r.rms(5.5 + paused_s, 20), kToneRms, 0.01) << paused_s;
    EXPECT_LE(r.median_delay(17, 20) - 1000 * paused_s, 45) << paused_s;
  }
}

TEST(JitterBuffer, AGapInTheMediaIsSilenceAndNotDelay) {
  // Sequence numbers go on, timestamps jump by a second: a sender in DTX or muted.
  ToneDecoder decoder;
  JitterBuffer buffer({}, decoder);
  std::array<float, 960> block{};
  int silent_blocks = 0;
  for (int tick = 0; tick < 600; ++tick) {
    const base::Instant now = kStart + tick * 10ms;
    const bool is_muted = tick >= 200 && tick < 300;
    if (tick % 2 == 0 && !is_muted) {
      const int i = tick / 2;
      const Payload payload{std::int64_t{i} * 960, 960, true};
      buffer.insert(now, static_cast<std::uint16_t>(tick < 200 ? i : i - 50),
                    static_cast<std::uint32_t>(i * 960), std::as_bytes(std::span(&payload, 1)));
    }
    if (!buffer.pull(now, block)) ++silent_blocks;
  }
  EXPECT_GT(silent_blocks, 60);
  EXPECT_LT(silent_blocks, 110);
  EXPECT_LE(buffer.stats().delay_ms, 45);
  EXPECT_EQ(buffer.stats().restarts, 0U);
}

TEST(JitterBuffer, DuplicatesAndTheMalformedAreDropped) {
  ToneDecoder decoder;
  JitterBuffer buffer({}, decoder);
  const Payload payload{0, 960, false};
  for (int i = 0; i < 3; ++i) {
    buffer.insert(kStart, 1, 1000, std::as_bytes(std::span(&payload, 1)));
  }
  buffer.insert(kStart, 2, 1960, base::as_bytes("?"));
  EXPECT_EQ(buffer.stats().duplicate_packets, 2U);
  EXPECT_EQ(buffer.stats().malformed_packets, 1U);
}

TEST(JitterBuffer, WithNothingReceivedItIsSilent) {
  ToneDecoder decoder;
  JitterBuffer buffer({}, decoder);
  std::array<float, 960> block{};
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(buffer.pull(kStart + i * 10ms, block));
    EXPECT_TRUE(std::all_of(block.begin(), block.end(), [](float s) { return s == 0.0F; }));
  }
}

TEST(JitterBuffer, ASenderThatLeavesFadesOut) {
  const Heard r = listen({.seconds = 4, .fate = [](int i) -> std::optional<base::Duration> {
                            if (i >= 100) return std::nullopt;
                            return base::Duration(0);
                          }});
  EXPECT_NEAR(r.rms(1, 2), kToneRms, 0.01);
  EXPECT_EQ(r.rms(2.5, 4), 0.0);
  EXPECT_LT(r.roughness(), 1.3);
}

TEST(JitterBuffer, GapsOfAnyLengthAreFilledWithoutAClick) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    // Late and lost, so that gaps begin and end anywhere in a packet.
    base::SeededRandom dice(seed);
    const Heard r =
        listen({.seconds = 30, .fec = seed % 2 == 0, .fate = [&](int i) {
                  const base::Duration drift(std::int64_t{i} * 4'000);
                  const base::Duration jitter(
                      static_cast<std::int64_t>(dice.unit() * dice.unit() * 120e6));
                  return dice.unit() < 0.15 ? std::nullopt : std::optional(drift + jitter);
                }});
    EXPECT_GT(r.stats.concealed_frames, 0U) << seed;
    EXPECT_LT(r.roughness(), 1.3) << seed;
  }
}

TEST(JitterBuffer, ASlowAndAFastClockAreFollowed) {
  for (const double ppm : {-500.0, 500.0}) {
    const Heard r = listen({.seconds = 120, .fate = [&](int i) {
                              return base::Duration(static_cast<std::int64_t>(
                                  100e6 + static_cast<double>(i) * 20e6 * ppm / 1e6));
                            }});
    EXPECT_LE(r.stats.concealed_frames, 3 * 960U) << ppm;
    EXPECT_EQ(r.stats.restarts, 0U) << ppm;
    EXPECT_LE(r.stats.delay_ms, 40) << ppm;
  }
}

}  // namespace
}  // namespace shelcaster::rtc
