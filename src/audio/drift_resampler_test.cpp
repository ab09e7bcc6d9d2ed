#include "audio/drift_resampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace shelcaster::audio {
namespace {

using Source = std::function<float(std::int64_t frame)>;

struct Played {
  std::vector<float> mono;
  std::int64_t frames_taken = 0;
};

/// `speed_of` is asked before every block.
Played play(int blocks, int channels, const Source& source,
            const std::function<double(int block)>& speed_of) {
  DriftResampler resampler;
  resampler.set_channels(channels);
  Played played;
  std::vector<float> in;
  std::vector<float> out(static_cast<std::size_t>(480 * channels));
  for (int block = 0; block < blocks; ++block) {
    resampler.set_speed_ppm(speed_of(block));
    in.clear();
    for (int i = 0; i < resampler.frames_needed(); ++i) {
      const float sample = source(played.frames_taken++);
      for (int c = 0; c < channels; ++c) in.push_back(c == 0 ? sample : -sample);
    }
    resampler.process(in, out);
    for (int i = 0; i < 480; ++i) {
      const auto at = static_cast<std::size_t>(i * channels);
      played.mono.push_back(out[at]);
      if (channels == 2) {
        EXPECT_EQ(out[at + 1], -out[at]);
      }
    }
  }
  return played;
}

Source tone(double hz) {
  return [hz](std::int64_t frame) {
    return 0.5F * static_cast<float>(
                      std::sin(2 * std::numbers::pi * hz * static_cast<double>(frame) / 48'000));
  };
}

/// What is left when the best sine of `hz` is taken away, relative to the sine, in dB.
double residual_db(std::span<const float> samples, double hz) {
  double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
  const auto angle = [&](std::size_t i) {
    return 2 * std::numbers::pi * hz * static_cast<double>(i) / 48'000;
  };
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double s = std::sin(angle(i)), c = std::cos(angle(i)), x = double{samples[i]};
    ss += s * s, cc += c * c, sc += s * c, xs += x * s, xc += x * c;
  }
  const double det = ss * cc - sc * sc;
  const double a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
  double rest = 0, whole = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double sine = a * std::sin(angle(i)) + b * std::cos(angle(i));
    whole += sine * sine;
    rest += (double{samples[i]} - sine) * (double{samples[i]} - sine);
  }
  return 10 * std::log10(rest / whole + 1e-20);
}

TEST(DriftResampler, OnlyCopiesWhenThereIsNoDrift) {
  const Played played = play(10, 2, tone(997), [](int) { return 1.5; });
  for (std::size_t i = DriftResampler::kDelayFrames; i < played.mono.size(); ++i) {
    ASSERT_EQ(played.mono[i],
              tone(997)(static_cast<std::int64_t>(i) - DriftResampler::kDelayFrames));
  }
  EXPECT_EQ(played.frames_taken, 4800);
}

TEST(DriftResampler, TakesWhatItsSpeedSays) {
  for (const double ppm : {-200.0, 50.0, 200.0}) {
    const Played played = play(6000, 1, tone(440), [&](int) { return ppm; });
    const double expected = 6000 * 480 * (1 + ppm * 1e-6);
    EXPECT_NEAR(static_cast<double>(played.frames_taken), expected, 3) << ppm;
  }
}

TEST(DriftResampler, LeavesNothingBesideATone) {
  for (const double ppm : {-200.0, 200.0}) {
    for (const double hz : {100.0, 1000.0, 6000.0, 15'000.0}) {
      const Played played = play(400, 2, tone(hz), [&](int) { return ppm; });
      const std::span settled = std::span(played.mono).subspan(48'000, 96'000);
      EXPECT_LT(residual_db(settled, hz * (1 + ppm * 1e-6)), -80) << hz << " Hz, " << ppm << " ppm";
    }
  }
}

TEST(DriftResampler, ComesAndGoesWithoutAClick) {
  // On for a second, off for two, and so on: the second difference of a slow sine is tiny but for
  // clicks.
  const Played played =
      play(3000, 1, tone(200), [](int block) { return block % 300 < 100 ? 180.0 : 0.0; });
  double largest = 0;
  for (std::size_t i = 1000; i + 3 < played.mono.size(); ++i) {
    const double fourth = double{played.mono[i - 2]} - 4 * double{played.mono[i - 1]} +
                          6 * double{played.mono[i]} - 4 * double{played.mono[i + 1]} +
                          double{played.mono[i + 2]};
    largest = std::max(largest, std::abs(fourth));
  }
  EXPECT_LT(20 * std::log10(largest / 0.5), -100);
}

TEST(DriftResampler, GoesBackToCopying) {
  DriftResampler resampler;
  std::vector<float> in(482);
  std::vector<float> out(480);
  const auto run = [&](int blocks) {
    for (int i = 0; i < blocks; ++i) {
      resampler.process(std::span(in).first(static_cast<std::size_t>(resampler.frames_needed())),
                        out);
    }
  };
  run(1);
  EXPECT_TRUE(resampler.is_copying());
  resampler.set_speed_ppm(-150);
  run(77);
  EXPECT_FALSE(resampler.is_copying());
  EXPECT_EQ(resampler.speed_ppm(), -150);
  resampler.set_speed_ppm(0);
  run(80);
  EXPECT_TRUE(resampler.is_copying());
}

TEST(DriftResampler, TellsOfSoundUntilTheLastOfItIsOut) {
  DriftResampler resampler;
  const std::vector<float> sound(480, 0.5F);
  const std::vector<float> silence(480);
  std::vector<float> out(480);
  const auto plays = [&](const std::vector<float>& in) {
    resampler.process(in, out);
    const bool has_sound = std::ranges::any_of(out, [](float sample) { return sample != 0.0F; });
    EXPECT_EQ(resampler.made_sound(), has_sound);
    return has_sound;
  };
  EXPECT_FALSE(plays(silence));
  EXPECT_TRUE(plays(sound));
  EXPECT_TRUE(plays(silence));
  EXPECT_FALSE(plays(silence));
}

}  // namespace
}  // namespace shelcaster::audio
