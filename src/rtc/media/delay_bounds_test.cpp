#include <gtest/gtest.h>

#include <cstdio>

#include "base/sanitized.hpp"
#include "rtc/media/listening_for_tests.hpp"

// How late and how whole the endpoint plays what a network with known delays brings: the delay of
// every frame is known, since it tells which one it is. It is counted from when the fastest packets
// of that path would have brought the frame, so frame time is not in it.
namespace shelcaster::rtc {
namespace {

using testing::Heard;
using testing::listen;
using testing::ms;
using testing::percentile;

// Sanitizers are some ten times slower.
constexpr int kSeeds = base::kIsSanitized ? 4 : 20;

const std::vector<testing::SentPacket>& tone() {
  static const auto packets =
      testing::record(testing::sing(1000, 0.25F), 40, testing::speech_encoder(10));
  return packets;
}
const std::vector<testing::SentPacket>& vowel() {
  static const auto packets = testing::record(testing::hum(140), 40, testing::speech_encoder(10));
  return packets;
}
const std::vector<testing::SentPacket>& speech() {
  static const auto packets = testing::record(testing::talk(5), 40, testing::speech_encoder(10));
  return packets;
}

double median(const Heard& heard, double from_s, double to_s, double path_ms) {
  return percentile(heard.delays_ms(from_s, to_s, path_ms), 0.5);
}

TEST(DelayBounds, ACleanNetworkAddsAtMost35Ms) {
  double worst = 0;
  for (const auto* packets : {&tone(), &speech()}) {
    for (int phase = 0; phase < 10; ++phase) {
      const Heard heard = listen(
          *packets, [](int) { return ms(30); }, std::chrono::milliseconds(phase));
      const double delay = median(heard, 2, 40, 30) + phase;
      worst = std::max(worst, delay);
      EXPECT_LE(delay, 35) << phase;
      EXPECT_EQ(heard.stats.back().concealed_frames, 0U) << phase;
    }
  }
  std::printf("clean network: %.1f ms median at worst\n", worst);
}

/// Uniform, or normal held to at least nothing.
double jittered(base::Random& random, bool is_uniform) {
  if (is_uniform) return 20 + 40 * random.unit();
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return std::max(0.0, 40 + 20 * radius * std::cos(2 * std::numbers::pi * random.unit()));
}

TEST(DelayBounds, RandomLossAndJitterStayBelow120MsWithoutAGap) {
  for (const bool is_uniform : {true, false}) {
    std::vector<double> all;
    double silence = 0, run = 0, longer = 0, runs = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      base::SeededRandom random(static_cast<std::uint64_t>(seed) + 1);
      const Heard heard = listen(vowel(), [&](int) -> std::optional<base::Duration> {
        const double delay = jittered(random, is_uniform);
        if (random.below(100) < 5) return std::nullopt;
        return ms(delay);
      });
      const auto delays = heard.delays_ms(2, 40, is_uniform ? 20 : 0);
      all.insert(all.end(), delays.begin(), delays.end());
      silence = std::max(silence, heard.longest_silence_ms(1, heard.rms(1)));
      for (const double one : heard.concealed_runs_ms(1)) {
        run = std::max(run, one);
        runs += 1;
        longer += one > 20.5 ? 1 : 0;
      }
    }
    std::printf(
        "5 %% loss, %s: p50 %.1f p95 %.1f ms, longest silence %.1f ms, longest concealed "
        "%.1f ms, %.0f of %.0f runs over 20 ms\n",
        is_uniform ? "20-60 ms uniform" : "40 ms normal, sigma 20", percentile(all, 0.5),
        percentile(all, 0.95), silence, run, longer, runs);
    EXPECT_LE(percentile(all, 0.95), 120);
    EXPECT_LE(silence, 20);
  }
}

struct Recovery {
  double before_ms, after_ms;
};

void expect_back(const char* what, const std::vector<testing::SentPacket>& packets,
                 const std::function<std::optional<base::Duration>(base::Random&, int)>& network,
                 double over_at_s) {
  double worst = 0;
  for (int seed = 0; seed < kSeeds / 2; ++seed) {
    base::SeededRandom random(static_cast<std::uint64_t>(seed) + 1);
    const Heard heard = listen(packets, [&](int i) { return network(random, i); });
    const double before = median(heard, 6, 10, 30);
    const double after = median(heard, over_at_s + 10, over_at_s + 12, 30);
    worst = std::max(worst, std::abs(after - before));
    EXPECT_LE(std::abs(after - before), 20) << what << ", seed " << seed << ": " << before;
  }
  std::printf("10 s after %s: %.1f ms from before at worst\n", what, worst);
}

TEST(DelayBounds, ComesBackAfterAnOutage) {
  for (const auto* packets : {&tone(), &speech()}) {
    expect_back(
        "2 s of loss", *packets,
        [](base::Random&, int i) -> std::optional<base::Duration> {
          if (i >= 500 && i < 600) return std::nullopt;
          return ms(30);
        },
        12);
    for (const int packets_held : {40, 99, 100}) {
      expect_back(
          "a stall that is delivered at once", *packets,
          [&](base::Random&, int i) -> std::optional<base::Duration> {
            const int held = i - 500;
            return held >= 0 && held < packets_held ? ms(30 + (packets_held - held) * 20) : ms(30);
          },
          10 + packets_held * 0.02);
    }
  }
}

TEST(DelayBounds, ComesBackAfterAStorm) {
  for (const auto* packets : {&tone(), &speech()}) {
    expect_back(
        "5 s of 500 ms jitter", *packets,
        [](base::Random& random, int i) -> std::optional<base::Duration> {
          return ms(30 + (i >= 500 && i < 750 ? 500 * random.unit() : 0));
        },
        15);
  }
}

TEST(DelayBounds, AQueueThatBuiltUpBeforeTheStartIsGoneIn5Seconds) {
  for (const auto* packets : {&tone(), &speech()}) {
    for (const bool is_at_once : {true, false}) {
      const Heard heard = listen(*packets, [&](int i) {
        // The first twenty wait for the line; then all come, or one each 3 ms.
        return i < 20 ? ms(30 + 400 - i * 20 + (is_at_once ? 0 : i * 3)) : ms(30);
      });
      EXPECT_LE(median(heard, 5, 7, 30), 35) << is_at_once;
      std::printf("a queue of 400 ms at the start: %.1f ms after 1 s, %.1f ms after 5 s\n",
                  median(heard, 1.4, 2, 30), median(heard, 5, 7, 30));
    }
  }
}

TEST(DelayBounds, OneOutlierMovesNothing) {
  const Heard heard = listen(tone(), [](int i) { return ms(i % 250 == 100 ? 130 : 30); });
  EXPECT_LE(median(heard, 6, 40, 30), 40);
}

}  // namespace
}  // namespace shelcaster::rtc
