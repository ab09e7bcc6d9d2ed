#include <gtest/gtest.h>

#include <complex>
#include <cstdio>
#include <limits>

#include "base/sanitized.hpp"
#include "rtc/media/listening_for_tests.hpp"

// Speech over networks that lose packets in bursts and hold others up: our endpoint against plain
// libopus behind a fixed buffer, on the same traces.
//
// The measure is a log-spectral distance: 18 bands of equal width in mel from 100 to 7000 Hz, 20 ms
// frames, levels floored 50 dB below the loudest, the RMS of the bands' differences in dB, at most
// 25. For every 10 ms of speech it is the distance of the best that was heard in their place, made
// up or not; what was never heard counts as 25 dB. 0 is perfect; above 10 dB nothing is understood.
namespace shelcaster::rtc {
namespace {

using testing::ms;

constexpr double kSeconds = 30;
constexpr std::size_t kHop = 480;
constexpr std::size_t kFrame = 960;
constexpr std::size_t kBands = 18;
constexpr double kWorstDb = 25;

using Spectrum = std::array<double, kBands>;

using Fft = std::array<std::complex<float>, 512>;

/// In place, radix 2.
void fft(Fft& x) {
  static const auto kTurns = [] {
    std::array<std::complex<float>, 256> turns;
    for (std::size_t k = 0; k < 256; ++k) {
      turns[k] = std::polar(1.0F, -2 * std::numbers::pi_v<float> * static_cast<float>(k) / 512);
    }
    return turns;
  }();
  for (std::size_t i = 1, j = 0; i < 512; ++i) {
    std::size_t bit = 256;
    for (; (j & bit) != 0; bit >>= 1U) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (std::size_t length = 2; length <= 512; length *= 2) {
    for (std::size_t from = 0; from < 512; from += length) {
      for (std::size_t k = 0; k < length / 2; ++k) {
        const auto even = x[from + k];
        const auto odd = x[from + k + length / 2] * kTurns[k * (512 / length)];
        x[from + k] = even + odd;
        x[from + k + length / 2] = even - odd;
      }
    }
  }
}

double mel(double hz) { return 1127 * std::log(1 + hz / 700); }

/// Band levels in dB of 20 ms at a third of the rate.
Spectrum spectrum_at(std::span<const float> sound) {
  Fft x{};
  for (std::size_t i = 0; i < kFrame / 3; ++i) {
    const float window =
        0.5F - 0.5F * std::cos(2 * std::numbers::pi_v<float> * static_cast<float>(i) / 320);
    x[i] = window * (sound[3 * i] + sound[3 * i + 1] + sound[3 * i + 2]);
  }
  fft(x);
  Spectrum power{};
  for (std::size_t k = 1; k < 256; ++k) {
    const double hz = static_cast<double>(k) * 16'000 / 512;
    const double band = (mel(hz) - mel(100)) / (mel(7000) - mel(100)) * kBands;
    if (band >= 0 && band < kBands)
      power[static_cast<std::size_t>(band)] += double{std::norm(x[k])};
  }
  for (double& level : power) level = 10 * std::log10(level + 1e-12);
  return power;
}

double loudest(const Spectrum& s) { return *std::max_element(s.begin(), s.end()); }

/// The undisturbed speech.
class Original {
 public:
  explicit Original(const std::vector<testing::SentPacket>& packets) {
    codec::OpusDecoder decoder(1);
    std::array<float, codec::kOpusFramesMax> pcm{};
    for (const auto& packet : packets) {
      decoder.decode(base::ByteSpan(packet.bytes).subspan(8), pcm);
      sound_.insert(sound_.end(), pcm.begin(), pcm.begin() + 960);
    }
    for (std::size_t at = 0; at + kFrame <= sound_.size(); at += kHop) {
      levels_.push_back(loudest(spectrum_at(std::span(sound_).subspan(at, kFrame))));
      peak_ = std::max(peak_, levels_.back());
    }
  }
  [[nodiscard]] std::size_t hops() const { return levels_.size(); }
  [[nodiscard]] bool is_spoken(std::size_t hop) const { return levels_[hop] > peak_ - 35; }
  /// Of what was heard, from the 20 ms that begin at `sample`.
  [[nodiscard]] double distance(std::size_t sample, const Spectrum& heard) const {
    const Spectrum said = spectrum_at(std::span(sound_).subspan(sample, kFrame));
    const double floor = peak_ - 50;
    double sum = 0;
    for (std::size_t b = 0; b < kBands; ++b) {
      const double off = std::max(said[b], floor) - std::max(heard[b], floor);
      sum += off * off;
    }
    return std::min(std::sqrt(sum / kBands), kWorstDb);
  }

 private:
  std::vector<float> sound_;
  std::vector<double> levels_;
  double peak_ = -1e9;
};

struct Score {
  double distance_db = 0;
  double lost_percent = 0;
  double delay_ms = 0;
};

/// `positions`: which frame each sample is or, if it was made up, stands for.
Score judge(const Original& original, std::span<const float> sound,
            std::span<const double> positions, double from_s) {
  constexpr double kNeverDb = kWorstDb;
  std::vector<double> best(original.hops(), kNeverDb);
  for (auto at = static_cast<std::size_t>(from_s * 48'000); at + kFrame <= sound.size();
       at += kHop / 2) {
    // Where its middle claims to be.
    const double place = positions[at + kHop] - static_cast<double>(kHop);
    const auto hop = static_cast<std::size_t>(std::max(place, 0.0) / kHop + 0.5);
    if (place <= 0 || hop + 1 >= original.hops()) continue;
    if (!original.is_spoken(hop)) continue;
    best[hop] = std::min(best[hop], original.distance(static_cast<std::size_t>(place),
                                                      spectrum_at(sound.subspan(at, kFrame))));
  }
  double sum = 0, lost = 0, count = 0;
  // What was said in the second after it, and not in the last second, which may be under way.
  for (auto i = static_cast<std::size_t>((from_s + 1) * 100); i + 100 < original.hops(); ++i) {
    if (!original.is_spoken(i)) continue;
    sum += best[i];
    lost += best[i] > 10 ? 1 : 0;
    count += 1;
  }
  return {.distance_db = sum / count, .lost_percent = 100 * lost / count};
}

using Trace = std::vector<std::optional<base::Duration>>;

/// Gilbert–Elliott: bursts of 2.5 lost packets, 7 % in all. Exponential jitter of 15 ms, and every
/// seven seconds a hold-up of 80 to 350 ms, after which all that was held comes at once.
Trace make_trace(std::uint64_t seed) {
  base::SeededRandom random(seed);
  Trace trace;
  bool is_bad = false;
  double held_until_ms = 0;
  for (int i = 0; i < static_cast<int>(kSeconds * 50); ++i) {
    is_bad = is_bad ? random.unit() > 0.4 : random.unit() < 0.03;
    if (random.unit() < 0.003) held_until_ms = i * 20 + 80 + 270 * random.unit();
    const double delay = 30 + std::max(-15 * std::log(1 - random.unit()), held_until_ms - i * 20);
    trace.push_back(is_bad ? std::nullopt : std::optional(ms(delay)));
  }
  return trace;
}

/// A packet is played `buffer_ms` after the fastest would have come, if it is there.
Score fixed_buffer(const Original& original, const std::vector<testing::SentPacket>& packets,
                   const Trace& trace, double buffer_ms) {
  codec::OpusDecoder decoder(1);
  std::vector<float> sound;
  std::vector<double> positions;
  std::array<float, codec::kOpusFramesMax> pcm{};
  const auto is_there = [&](std::size_t i, std::size_t at) {
    const base::Duration limit = ms(30 + buffer_ms) + static_cast<std::int64_t>(at) * ms(20) -
                                 static_cast<std::int64_t>(i) * ms(20);
    return i < trace.size() && trace[i] && *trace[i] <= limit;
  };
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (is_there(i, i)) {
      decoder.decode(base::ByteSpan(packets[i].bytes).subspan(8), pcm);
    } else if (is_there(i + 1, i)) {
      decoder.decode_fec(base::ByteSpan(packets[i + 1].bytes).subspan(8), 960, pcm);
    } else {
      decoder.conceal(960, pcm);
    }
    sound.insert(sound.end(), pcm.begin(), pcm.begin() + 960);
    for (int k = 0; k < 960; ++k) positions.push_back(static_cast<double>(i) * 960 + k);
  }
  Score score = judge(original, sound, positions, 2);
  score.delay_ms = buffer_ms;
  return score;
}

Score our_endpoint(const Original& original, const std::vector<testing::SentPacket>& packets,
                   const Trace& trace) {
  const auto heard =
      testing::listen(packets, [&](int i) { return trace[static_cast<std::size_t>(i)]; });
  std::vector<double> positions;
  double behind = 0, count = 0;
  for (std::size_t i = 0; i < heard.tags.size(); ++i) {
    positions.push_back(std::abs(double{heard.tags[i]}) / double{testing::kPositionScale});
    if (i % 480 != 0 || i < 96'000 || heard.tags[i] <= 0) continue;
    behind += 3 + static_cast<double>(i) / 48 - positions.back() / 48 - 30;
    count += 1;
  }
  Score score = judge(original, heard.sound, positions, 2);
  score.delay_ms = behind / count;
  return score;
}

TEST(BurstLoss, SpeechIsBetterUnderstoodThanFromAFixedBufferOfEqualDelay) {
  if (base::kIsSanitized) {
    GTEST_SKIP()
        << "a comparison by numbers, which takes minutes here and is made without sanitizers";
  }
  constexpr int kTraces = 6;
  Score ours{}, at_100{}, at_equal{};
  const auto add = [](Score& sum, const Score& one) {
    sum.distance_db += one.distance_db / kTraces;
    sum.lost_percent += one.lost_percent / kTraces;
    sum.delay_ms += one.delay_ms / kTraces;
  };
  for (int i = 0; i < kTraces; ++i) {
    const auto seed = static_cast<std::uint64_t>(i) + 1;
    const auto packets =
        testing::record(testing::talk(seed), kSeconds, testing::speech_encoder(15));
    const Original original(packets);
    const Trace trace = make_trace(seed);
    const Score own = our_endpoint(original, packets, trace);
    add(ours, own);
    add(at_100, fixed_buffer(original, packets, trace, 100));
    add(at_equal, fixed_buffer(original, packets, trace, own.delay_ms));
  }
  const auto print = [](const char* what, const Score& s) {
    std::printf("%s: %.1f ms mean delay, %.2f dB, %.2f %% of the speech not understood\n", what,
                s.delay_ms, s.distance_db, s.lost_percent);
  };
  print("ours", ours);
  print("libopus, fixed 100 ms", at_100);
  print("libopus, fixed and equal", at_equal);
  EXPECT_LE(ours.delay_ms, 110);
  for (const Score& theirs : {at_100, at_equal}) {
    EXPECT_LT(ours.distance_db, theirs.distance_db);
    EXPECT_LT(ours.lost_percent, theirs.lost_percent);
  }
}

TEST(BurstLoss, TheMeasureTellsSilenceFromSpeech) {
  const auto packets = testing::record(testing::talk(1), 10, testing::speech_encoder(10));
  const Original original(packets);
  const Score perfect = fixed_buffer(original, packets, Trace(packets.size(), ms(30)), 100);
  EXPECT_LT(perfect.distance_db, 0.01);
  const Score silent = fixed_buffer(original, packets, Trace(packets.size(), std::nullopt), 100);
  EXPECT_GT(silent.lost_percent, 90);
}

}  // namespace
}  // namespace shelcaster::rtc
