#include "audio/limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <vector>

#include "audio/db.hpp"
#include "audio/detail/noise.hpp"
#include "audio/tone.hpp"

namespace shelcaster::audio {
namespace {

constexpr int kLookAhead = 80;

/// The judge: 8× oversampling by a 128-tap Blackman-windowed sinc, unlike the limiter's own filter.
double true_peak(const std::vector<float>& stereo, std::size_t channel) {
  constexpr int kHalf = 64;
  // Side by side and through iterators, for this is nearly all the time that these tests take.
  std::vector<double> samples;
  samples.reserve(stereo.size() / 2);
  for (std::size_t i = channel; i < stereo.size(); i += 2) {
    samples.push_back(static_cast<double>(stereo[i]));
  }
  double peak = 0;
  for (int phase = 0; phase < 8; ++phase) {
    std::vector<double> taps;
    for (int k = -kHalf + 1; k <= kHalf; ++k) {
      const double t = k - phase / 8.0;
      const double x = std::numbers::pi * t;
      const double edge = std::numbers::pi * t / kHalf;
      const double window = 0.42 + 0.5 * std::cos(edge) + 0.08 * std::cos(2 * edge);
      taps.push_back(window * (std::fabs(t) < 1e-9 ? 1.0 : std::sin(x) / x));
    }
    const double* const first_tap = taps.data();
    const double* const last_tap = first_tap + taps.size();
    for (std::size_t at = 1; at + taps.size() <= samples.size(); ++at) {
      const double sum = std::inner_product(first_tap, last_tap, samples.data() + at, 0.0);
      peak = std::max(peak, std::fabs(sum));
    }
  }
  return peak;
}

double true_peak_db(const std::vector<float>& stereo) {
  return 20 * std::log10(std::max(true_peak(stereo, 0), true_peak(stereo, 1)));
}

using Source = std::function<float(int frame, int channel)>;

std::vector<float> limited(Limiter& limiter, int blocks, const Source& source) {
  std::vector<float> all;
  int frame = 0;
  for (int b = 0; b < blocks; ++b) {
    StereoBlock block;
    for (std::size_t i = 0; i < kBlockFrames; ++i, ++frame) {
      block[2 * i] = source(frame, 0);
      block[2 * i + 1] = source(frame, 1);
    }
    limiter.process(block);
    all.insert(all.end(), block.begin(), block.end());
  }
  return all;
}

float sine(double frequency_hz, int frame, double phase = 0) {
  return static_cast<float>(
      std::sin(2 * std::numbers::pi * (frequency_hz * frame / 48'000 + phase)));
}

TEST(Limiter, NeverExceedsCeilingInTruePeakOnTonesBetweenSamples) {
  for (const double hz : {40.0, 997.0, 6000.0, 11'999.0, 12'000.0, 15'999.0, 19'000.0, 20'000.0}) {
    for (const double phase : {0.0, 0.125, 0.0625}) {
      Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
      const auto out = limited(limiter, 40, [&](int n, int) { return 2.0F * sine(hz, n, phase); });
      EXPECT_LE(true_peak_db(out), -1.0) << hz << " Hz, phase " << phase;
      EXPECT_GE(true_peak_db(out), -1.6) << hz << " Hz, phase " << phase;
    }
  }
}

TEST(Limiter, NeverExceedsCeilingInTruePeakOnNoiseStepsAndBursts) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    detail::Noise noise(seed);
    Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
    float level = 1;
    float smooth = 0;
    const auto out = limited(limiter, 60, [&](int n, int channel) {
      if (n % 700 == 0 && channel == 0) level = noise.between(0.0F, 4.0F);
      // Speech and music have little above 16 kHz: a pole takes the noise down there.
      smooth += 0.7F * (level * noise.bipolar() - smooth);
      const float square = (n / 37) % 2 == 0 ? 0.5F : -0.5F;
      return smooth + level * square;
    });
    EXPECT_LE(true_peak_db(out), -1.0) << "seed " << seed;
  }
}

TEST(Limiter, HoldsEvenWhiteNoiseOfTheFullBand) {
  detail::Noise noise(9);
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
  const auto out = limited(limiter, 200, [&](int, int) { return 3.0F * noise.bipolar(); });
  EXPECT_LE(true_peak_db(out), -1.0);
}

TEST(Limiter, HoldsSamplePeaksExactly) {
  detail::Noise noise(3);
  Limiter limiter(PeakDetection::kSamplePeak, 48, {.enabled = true, .ceiling_db = -1});
  const auto out = limited(limiter, 100, [&](int n, int) {
    return n % 911 < 40 ? 8.0F * noise.bipolar() : 0.3F * noise.bipolar();
  });
  const float ceiling = db_to_linear(-1);
  for (const float sample : out) ASSERT_LE(std::fabs(sample), ceiling);
}

TEST(Limiter, PassesWhatIsBelowTheCeilingBitForBitAfterItsLatency) {
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
  const auto source = [](int n, int channel) { return 0.8F * sine(channel == 0 ? 440 : 1000, n); };
  const auto out = limited(limiter, 20, source);
  const int latency = limiter.latency_frames();
  EXPECT_EQ(latency, 112);
  for (int n = latency; n < 20 * kBlockFrames; ++n) {
    ASSERT_EQ(out[static_cast<std::size_t>(2 * n)], source(n - latency, 0)) << n;
    ASSERT_EQ(out[static_cast<std::size_t>(2 * n + 1)], source(n - latency, 1)) << n;
  }
}

double distortion_db(const std::vector<float>& stereo, double hz) {
  const std::span<const float> steady = std::span(stereo).last(2 * 48'000);
  const double fundamental = std::pow(10, static_cast<double>(tone_level_db(steady, 0, hz)) / 10);
  double harmonics = 0;
  for (int k = 2; k <= 10; ++k) {
    harmonics += std::pow(10, static_cast<double>(tone_level_db(steady, 0, k * hz)) / 10);
  }
  return 10 * std::log10(harmonics / fundamental);
}

TEST(Limiter, DistortsSteadyTonesBelowOneHalfPercent) {
  for (const double hz : {60.0, 100.0, 250.0, 1000.0, 5000.0}) {
    Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
    const auto out = limited(limiter, 400, [&](int n, int) { return 2.0F * sine(hz, n); });
    EXPECT_LT(distortion_db(out, hz), -46.0) << hz << " Hz";
  }
}

TEST(Limiter, RecoversQuicklyFromOnePeakAndSlowlyFromSteadyLimiting) {
  const auto level_after = [](int loud_frames, int wait_frames) {
    Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
    const auto out = limited(limiter, 600, [&](int n, int) {
      const bool loud = n >= 96'000 && n < 96'000 + loud_frames;
      return (loud ? 4.0F : 0.4F) * sine(1000, n);
    });
    const auto from = static_cast<std::size_t>(2 * (96'000 + loud_frames + wait_frames));
    return tone_level_db(std::span(out).subspan(from, 2 * 2400), 0, 1000) - linear_to_db(0.4F);
  };
  EXPECT_GT(level_after(48, 9600), -1.0F) << "200 ms after a 1 ms peak 13 dB over";
  EXPECT_LT(level_after(96'000, 4800), -3.0F) << "100 ms after two seconds of it";
  EXPECT_GT(level_after(96'000, 90'000), -1.5F);
}

TEST(Limiter, ComesBackToPassingBitForBitAfterItHasWorked) {
  constexpr int kBlocks = 800;
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
  const auto source = [](int n, int) { return (n < 96'000 ? 4.0F : 0.4F) * sine(1000, n); };
  const auto out = limited(limiter, kBlocks, source);
  EXPECT_EQ(limiter.gain_reduction_db(), 0.0F);
  const int latency = limiter.latency_frames();
  for (int n = (kBlocks - 50) * kBlockFrames; n < kBlocks * kBlockFrames; ++n) {
    ASSERT_EQ(out[static_cast<std::size_t>(2 * n)], source(n - latency, 0)) << n;
  }
}

TEST(Limiter, KnowsThatItIsSilent) {
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
  EXPECT_TRUE(limiter.is_silent());
  (void)limited(limiter, 10, [](int n, int) { return 0.1F * sine(1000, n); });
  EXPECT_FALSE(limiter.is_silent());
  (void)limited(limiter, 2, [](int, int) { return 0.0F; });
  EXPECT_TRUE(limiter.is_silent());
  (void)limited(limiter, 10, [](int n, int) { return 4.0F * sine(1000, n); });
  (void)limited(limiter, 2, [](int, int) { return 0.0F; });
  EXPECT_FALSE(limiter.is_silent()) << "its gain is on the way back";
  (void)limited(limiter, 1000, [](int, int) { return 0.0F; });
  EXPECT_TRUE(limiter.is_silent());
}

TEST(Limiter, TurnsBothChannelsDownAlike) {
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = true, .ceiling_db = -1});
  const auto out = limited(limiter, 200, [](int n, int channel) {
    return channel == 0 ? 2.0F * sine(500, n) : 0.2F * sine(800, n);
  });
  const auto steady = std::span(out).last(48'000);
  const float left_db = tone_level_db(steady, 0, 500) - linear_to_db(2.0F);
  const float right_db = tone_level_db(steady, 1, 800) - linear_to_db(0.2F);
  EXPECT_NEAR(left_db, right_db, 0.1F);
  EXPECT_LT(left_db, -6.5F);
}

TEST(Limiter, OnlyDelaysWhenItIsOff) {
  Limiter limiter(PeakDetection::kTruePeak, kLookAhead, {.enabled = false, .ceiling_db = -1});
  const auto out = limited(limiter, 10, [](int n, int) { return 3.0F * sine(440, n); });
  for (int n = 112; n < 4800; ++n) {
    ASSERT_EQ(out[static_cast<std::size_t>(2 * n)], 3.0F * sine(440, n - 112));
  }
}

}  // namespace
}  // namespace shelcaster::audio
