#pragma once

// For tests: a voice through real Opus, a network with known delays, a virtual clock, and a jitter
// buffer whose every frame out tells which frame in it is.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "audio/speech_like.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"
#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc::testing {

inline constexpr base::Instant kStart = base::Instant::from_nanoseconds(100'000'000'000);
/// The right channel tells each frame's position, too quietly to disturb; made-up ones are
/// negative.
inline constexpr float kPositionScale = 1.0F / 68'719'476'736.0F;

struct SentPacket {
  std::int64_t position = 0;
  base::Bytes bytes;  // eight of the position, then Opus
};
using Voice = std::function<void(std::span<float> mono)>;

inline Voice sing(double hz, float amplitude) {
  return [hz, amplitude, at = std::int64_t{0}](std::span<float> mono) mutable {
    for (float& sample : mono) {
      sample = amplitude * static_cast<float>(std::sin(2 * std::numbers::pi * hz *
                                                       static_cast<double>(at++) / 48'000));
    }
  };
}
/// A vowel that swells four times a second without a pause: speech to Opus, which gives only that
/// FEC, and never silent.
inline Voice hum(double hz) {
  return [hz, at = std::int64_t{0}](std::span<float> mono) mutable {
    for (float& sample : mono) {
      const double t = static_cast<double>(at++) / 48'000;
      double sum = 0;
      for (int k = 1; k <= 16; ++k) sum += std::sin(2 * std::numbers::pi * hz * k * t) / k;
      const double swell = 0.65 + 0.35 * std::sin(2 * std::numbers::pi * 4 * t);
      sample = static_cast<float>(0.15 * swell * sum);
    }
  };
}
inline Voice talk(std::uint64_t seed) {
  return [speech = audio::SpeechLike(seed)](std::span<float> mono) mutable { speech.fill(mono); };
}

inline codec::OpusEncoderConfig speech_encoder(int expected_loss_percent) {
  return {.channels = 1,
          .bitrate_bps = 32'000,
          .complexity = 3,
          .fec = true,
          .expected_loss_percent = expected_loss_percent,
          .speech = true};
}

inline std::vector<SentPacket> record(Voice voice, double seconds,
                                      const codec::OpusEncoderConfig& config) {
  codec::OpusEncoder encoder(config);
  std::vector<SentPacket> packets;
  std::array<float, codec::kOpusEncodeFrames> samples{};
  for (int i = 0; i < static_cast<int>(seconds * 50); ++i) {
    voice(samples);
    SentPacket packet{.position = std::int64_t{i} * codec::kOpusEncodeFrames,
                      .bytes = base::Bytes(8 + 1275)};
    std::memcpy(packet.bytes.data(), &packet.position, 8);
    packet.bytes.resize(8 + encoder.encode(samples, std::span(packet.bytes).subspan(8)));
    packets.push_back(std::move(packet));
  }
  return packets;
}

/// Opus on the left, positions on the right.
class TaggedOpus final : public FrameDecoder {
 public:
  int frames(base::ByteSpan p) const noexcept override { return codec::opus_frames(p.subspan(8)); }
  bool has_fec(base::ByteSpan p) const noexcept override {
    return codec::opus_has_fec(p.subspan(8));
  }
  int channels() const noexcept override { return 2; }
  int channels_for(base::ByteSpan) const noexcept override { return 2; }
  void reset(int) noexcept override { opus_.reset(); }
  int decode(base::ByteSpan p, std::span<float> out) noexcept override {
    return tag(opus_.decode(p.subspan(8), mono_), position_of(p), 1.0F, out);
  }
  int decode_fec(base::ByteSpan next, int frames, std::span<float> out) noexcept override {
    const int decoded = opus_.decode_fec(next.subspan(8), frames, mono_);
    return tag(decoded, position_of(next) - frames, 1.0F, out);
  }
  int conceal(int frames, std::span<float> out) noexcept override {
    return tag(opus_.conceal(frames, mono_), next_, -1.0F, out);
  }

 private:
  static std::int64_t position_of(base::ByteSpan p) {
    std::int64_t position = 0;
    std::memcpy(&position, p.data(), 8);
    return position;
  }
  int tag(int frames, std::int64_t position, float sign, std::span<float> out) {
    for (int i = 0; i < frames; ++i) {
      const auto k = static_cast<std::size_t>(i);
      out[2 * k] = mono_[k];
      out[2 * k + 1] = sign * static_cast<float>(position + i) * kPositionScale;
    }
    next_ = position + frames;
    return frames;
  }

  codec::OpusDecoder opus_{1};
  std::array<float, codec::kOpusFramesMax> mono_{};
  std::int64_t next_ = 0;
};

/// The delay of packet `i`; nothing: it is lost.
using Network = std::function<std::optional<base::Duration>(int i)>;

inline base::Duration ms(double value) {
  return base::Duration(static_cast<std::int64_t>(value * 1e6));
}

struct Heard {
  std::vector<float> sound;
  std::vector<float> tags;
  std::vector<JitterStats> stats;  // each block

  /// Of blocks that tell plainly, from `from_s` on, against a path of `path` for the fastest.
  [[nodiscard]] std::vector<double> delays_ms(double from_s, double to_s, double path_ms) const {
    std::vector<double> delays;
    for (auto block = static_cast<std::size_t>(from_s * 100);
         block < std::min(static_cast<std::size_t>(to_s * 100), tags.size() / 480); ++block) {
      const double first = double{tags[block * 480]} / double{kPositionScale};
      const double last = double{tags[block * 480 + 479]} / double{kPositionScale};
      if (first <= 0 || std::abs(last - first - 479) > 4) continue;
      delays.push_back(static_cast<double>(block) * 10 - first / 48 - path_ms);
    }
    return delays;
  }
  /// The longest run of pieces of 2.5 ms below a tenth of `rms`, in ms.
  [[nodiscard]] double longest_silence_ms(double from_s, double rms) const {
    double longest = 0, run = 0;
    for (auto at = static_cast<std::size_t>(from_s * 48'000); at + 120 <= sound.size(); at += 120) {
      double sum = 0;
      for (std::size_t i = at; i < at + 120; ++i) sum += double{sound[i]} * double{sound[i]};
      run = std::sqrt(sum / 120) < 0.1 * rms ? run + 2.5 : 0;
      longest = std::max(longest, run);
    }
    return longest;
  }
  [[nodiscard]] double rms(double from_s) const {
    double sum = 0;
    const auto from = static_cast<std::size_t>(from_s * 48'000);
    for (std::size_t i = from; i < sound.size(); ++i) sum += double{sound[i]} * double{sound[i]};
    return std::sqrt(sum / static_cast<double>(sound.size() - from));
  }
  /// Runs of made-up sound, in ms.
  [[nodiscard]] std::vector<double> concealed_runs_ms(double from_s) const {
    std::vector<double> runs;
    double run = 0;
    for (auto at = static_cast<std::size_t>(from_s * 48'000); at < tags.size(); ++at) {
      if (tags[at] < 0) {
        run += 1 / 48.0;
      } else if (run > 0) {
        runs.push_back(std::exchange(run, 0.0));
      }
    }
    return runs;
  }
};

inline double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 1e9;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

/// A decoder and its buffer, which another process takes up now and then.
struct Listener {
  std::unique_ptr<TaggedOpus> decoder = std::make_unique<TaggedOpus>();
  std::unique_ptr<JitterBuffer> buffer = std::make_unique<JitterBuffer>(JitterConfig{}, *decoder);
  std::vector<InsertedPacket> log;

  void insert(base::Instant arrival, const InsertedPacket& packet) {
    buffer->insert(arrival, packet.sequence, packet.timestamp, packet.payload);
    log.push_back(packet);
    constexpr std::size_t kLogged = 40;
    if (log.size() > kLogged) log.erase(log.begin());
  }
  void die_and_resume() {
    std::array<std::byte, JitterBuffer::kStateBytes> memory{};
    base::StateWriter to(memory);
    buffer->save(to);
    if (!to.ok()) std::abort();
    *this = {.log = std::move(log)};
    base::StateReader from(memory);
    buffer->restore(from, log);
  }
};

/// `phase`: when in its 10 ms the blocks are pulled. `dies`: whether the listener's process ends
/// before a tick.
inline Heard listen(const std::vector<SentPacket>& packets, const Network& network,
                    base::Duration phase = std::chrono::milliseconds(3),
                    const std::function<bool(std::size_t tick)>& dies = {}) {
  struct Arrival {
    base::Instant at;
    std::size_t index;
  };
  std::vector<Arrival> arrivals;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (const auto delay = network(static_cast<int>(i))) {
      arrivals.push_back({kStart + base::to_duration(packets[i].position) + *delay, i});
    }
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
  Listener listener;
  Heard heard;
  std::array<float, 960> block{};
  std::size_t next = 0;
  for (std::size_t tick = 0; tick < packets.size() * 2; ++tick) {
    const base::Instant now = kStart + phase + static_cast<std::int64_t>(tick) * ms(10);
    for (; next < arrivals.size() && arrivals[next].at <= now; ++next) {
      const SentPacket& packet = packets[arrivals[next].index];
      listener.insert(arrivals[next].at,
                      {.sequence = static_cast<std::uint16_t>(arrivals[next].index + 60'000),
                       .timestamp = static_cast<std::uint32_t>(packet.position) + 0xfff0'0000U,
                       .payload = packet.bytes});
    }
    if (dies && dies(tick)) listener.die_and_resume();
    listener.buffer->pull(now, block);
    for (std::size_t i = 0; i < 480; ++i) {
      heard.sound.push_back(block[2 * i]);
      heard.tags.push_back(block[2 * i + 1]);
    }
    heard.stats.push_back(listener.buffer->stats());
  }
  return heard;
}

}  // namespace shelcaster::rtc::testing
