#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numbers>
#include <vector>

#include "base/random.hpp"
#include "base/sanitized.hpp"
#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(100'000'000'000);
constexpr double kToneHz = 1000;

/// A payload is its position; it decodes to a tone of the sender's clock.
class ToneDecoder final : public FrameDecoder {
 public:
  int frames(base::ByteSpan) const noexcept override { return 960; }
  bool has_fec(base::ByteSpan) const noexcept override { return false; }
  int channels() const noexcept override { return 1; }
  int channels_for(base::ByteSpan) const noexcept override { return 1; }
  void reset(int) noexcept override {}
  int decode(base::ByteSpan payload, std::span<float> out) noexcept override {
    std::memcpy(&next_, payload.data(), sizeof next_);
    return conceal(960, out);
  }
  int decode_fec(base::ByteSpan, int, std::span<float>) noexcept override { return 0; }
  int conceal(int frames, std::span<float> out) noexcept override {
    for (int i = 0; i < frames; ++i) {
      // A period is 48 frames: exact for hours.
      const auto at = static_cast<double>(next_++ % 48);
      out[static_cast<std::size_t>(i)] =
          0.5F * static_cast<float>(std::sin(2 * std::numbers::pi * kToneHz * at / 48'000));
    }
    return frames;
  }

 private:
  std::int64_t next_ = 0;
};

/// Takes away 40 Hz around the tone, twice: what is left is what should not be there.
class Residual {
 public:
  /// The greatest RMS of 10 ms so far, in dB below the tone.
  void take(std::span<const float> stereo, bool is_counted) {
    double sum = 0;
    for (std::size_t i = 0; i < stereo.size(); i += 2) {
      double x = double{stereo[i]};
      for (auto& z : state_) {
        const double y = kGain * x + z[0];
        z[0] = kGain * kMiddle * x - kGain * kMiddle * y + z[1];
        z[1] = kGain * x - (2 * kGain - 1) * y;
        x = y;
      }
      sum += x * x;
    }
    if (is_counted) worst_ = std::max(worst_, sum / static_cast<double>(stereo.size() / 2));
  }
  [[nodiscard]] double worst_db() const { return 10 * std::log10(worst_ / 0.125 + 1e-20); }

 private:
  static constexpr double kWidthHz = 40;
  const double kGain = 1 / (1 + std::tan(std::numbers::pi * kWidthHz / 48'000));
  const double kMiddle = -2 * std::cos(2 * std::numbers::pi * kToneHz / 48'000);
  std::array<std::array<double, 2>, 2> state_{};
  double worst_ = 0;
};

// Sanitizers are some ten times slower.
constexpr double kHours = base::kIsSanitized ? 0.1 : 2;

struct Result {
  double delay_min_ms = 1e9, delay_max_ms = 0;
  double residual_db = 0;
  double drift_ppm = 0;
  JitterStats stats;
};

/// `ppm_at` is how fast the sender's clock is at a second of the show. Delays are known: the
/// position that is played against the one that the sender is at.
Result follow(double seconds, const std::function<double(double)>& ppm_at, double jitter_ms,
              double settled_s) {
  ToneDecoder decoder;
  JitterBuffer buffer({}, decoder);
  base::SeededRandom random(7);
  Residual residual;
  Result result;
  std::array<float, 960> block{};
  double sent_at = 0;  // seconds on our clock when packet `index` leaves
  std::int64_t index = 0;
  struct Waiting {
    double at;
    std::int64_t index;
  };
  std::vector<Waiting> waiting;
  for (int tick = 0; tick < static_cast<int>(seconds * 100); ++tick) {
    const double now = tick * 0.01 + 0.003;
    for (; sent_at <= now; ++index) {
      waiting.push_back({sent_at + random.unit() * jitter_ms / 1000, index});
      sent_at += 0.02 / (1 + ppm_at(sent_at) * 1e-6);
    }
    std::sort(waiting.begin(), waiting.end(),
              [](const Waiting& a, const Waiting& b) { return a.at < b.at; });
    while (!waiting.empty() && waiting.front().at <= now) {
      const std::int64_t position = waiting.front().index * 960;
      buffer.insert(kStart + base::Duration(static_cast<std::int64_t>(waiting.front().at * 1e9)),
                    static_cast<std::uint16_t>(waiting.front().index),
                    static_cast<std::uint32_t>(position), std::as_bytes(std::span(&position, 1)));
      waiting.erase(waiting.begin());
    }
    buffer.pull(kStart + base::Duration(static_cast<std::int64_t>(now * 1e9)), block);
    const bool is_settled = now > settled_s;
    residual.take(block, is_settled);
    if (is_settled && tick % 10 == 0) {
      const double delay = double{buffer.stats().delay_ms};
      result.delay_min_ms = std::min(result.delay_min_ms, delay);
      result.delay_max_ms = std::max(result.delay_max_ms, delay);
    }
  }
  result.residual_db = residual.worst_db();
  result.stats = buffer.stats();
  result.drift_ppm = double{result.stats.drift_ppm};
  return result;
}

void print(const char* what, const Result& r) {
  std::printf(
      "%s: delay %.1f-%.1f ms, worst 10 ms beside the tone %.1f dB, clock known as %+.1f "
      "ppm, %llu frames cut, %llu put in\n",
      what, r.delay_min_ms, r.delay_max_ms, r.residual_db, r.drift_ppm,
      static_cast<unsigned long long>(r.stats.removed_frames),
      static_cast<unsigned long long>(r.stats.inserted_frames));
}

TEST(Drift, TwoHoursOfItMoveTheDelayByLessThan10MsAndLeaveNoClick) {
  for (const double ppm : {-200.0, 200.0}) {
    const Result r = follow(
        kHours * 3600, [&](double) { return ppm; }, 0, 5);
    print("two hours", r);
    EXPECT_LT(r.delay_max_ms - r.delay_min_ms, 10) << ppm;
    EXPECT_LT(r.residual_db, -60) << ppm;
    EXPECT_NEAR(r.drift_ppm, ppm, 3) << ppm;
  }
}

TEST(Drift, IsKnownAlsoUnderJitter) {
  for (const double ppm : {-200.0, 0.0, 200.0}) {
    const Result r = follow(
        600, [&](double) { return ppm; }, 40, 60);
    print("40 ms of jitter", r);
    EXPECT_LT(r.delay_max_ms - r.delay_min_ms, 20) << ppm;
    EXPECT_NEAR(r.drift_ppm, ppm, 15) << ppm;
  }
}

TEST(Drift, AClockThatChangesItsSpeedIsFollowedWithoutAClick) {
  const Result r = follow(
      600, [](double second) { return second < 300 ? 200.0 : -200.0; }, 0, 10);
  print("from +200 to -200 ppm", r);
  EXPECT_LT(r.delay_max_ms - r.delay_min_ms, 12);
  EXPECT_LT(r.residual_db, -60);
  EXPECT_NEAR(r.drift_ppm, -200, 3);
}

TEST(Drift, WithoutAnyNothingIsResampledOrSpliced) {
  const Result r = follow(
      120, [](double) { return 0.0; }, 0, 5);
  print("no drift", r);
  EXPECT_LT(std::abs(r.drift_ppm), 2);
  EXPECT_LT(r.residual_db, -60);
}

}  // namespace
}  // namespace shelcaster::rtc
