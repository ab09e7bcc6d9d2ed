// The pure cost of a show's codecs: for a stretch of sound, decode what three people send, encode
// what each of them hears and the programme's AAC, and nothing else. CPU time of each part as JSON.
// Or, with --music, only writes a WAV file of generated music.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "audio/generated_music.hpp"
#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"
#include "media/aac_encoder.hpp"
#include "voices.hpp"

namespace shelcaster::bench {
namespace {

constexpr int kPeople = 3;
constexpr float kMusicGain = 0.3F;

struct Options {
  int seconds = 10;
  /// Wait for each 20 ms as a live show must, instead of running through with warm caches.
  bool is_paced = false;
  codec::OpusEncoderConfig encoder{.channels = 2,
                                   .bitrate_bps = 96'000,
                                   .complexity = 5,
                                   .fec = true,
                                   .expected_loss_percent = 5,
                                   .speech = false};
  std::string music_file;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Everything that is encoded, made beforehand.
struct Sound {
  std::array<std::vector<base::Bytes>, kPeople> microphones;
  std::array<std::vector<float>, kPeople> returns;  // mix-minus, interleaved as the encoder wants
  std::vector<float> programme;                     // stereo
};

Sound make_sound(const Options& options) {
  const auto frames = static_cast<std::size_t>(kClipPackets * kPacketFrames);
  Sound sound;
  std::array<std::vector<float>, kPeople> voices;
  for (int p = 0; p < kPeople; ++p) {
    sound.microphones[static_cast<std::size_t>(p)] = voice_packets(p);
    voices[static_cast<std::size_t>(p)] = voice_samples(p);
  }
  audio::GeneratedMusic music(1);
  sound.programme.resize(2 * frames);
  audio::StereoBlock block;
  for (std::size_t i = 0; i < sound.programme.size(); ++i) {
    if (i % block.size() == 0) music.fill(block);
    float all = 0;
    for (const auto& voice : voices) all += voice[i / 2];
    sound.programme[i] = kMusicGain * block[i % block.size()] + all;
  }
  const auto channels = static_cast<std::size_t>(options.encoder.channels);
  for (std::size_t p = 0; p < kPeople; ++p) {
    sound.returns[p].resize(channels * frames);
    for (std::size_t f = 0; f < frames; ++f) {
      const float left = sound.programme[2 * f] - voices[p][f];
      const float right = sound.programme[2 * f + 1] - voices[p][f];
      if (channels == 1) {
        sound.returns[p][f] = 0.5F * (left + right);
      } else {
        sound.returns[p][2 * f] = left;
        sound.returns[p][2 * f + 1] = right;
      }
    }
  }
  return sound;
}

struct Cost {
  double decode_s = 0, encode_s = 0, aac_s = 0;
  std::size_t bytes = 0;
};

Cost run_codecs(const Options& options, const Sound& sound) {
  std::vector<codec::OpusDecoder> decoders;
  std::vector<codec::OpusEncoder> encoders;
  for (int p = 0; p < kPeople; ++p) {
    decoders.emplace_back(1);
    encoders.emplace_back(options.encoder);
  }
  media::AacEncoder aac;
  std::array<float, codec::kOpusFramesMax> pcm{};
  std::array<std::byte, 1275> packet{};
  const auto channels = static_cast<std::size_t>(options.encoder.channels);
  Cost cost;
  std::size_t aac_at = 0;
  auto next = std::chrono::steady_clock::now();
  for (int i = 0; i < options.seconds * 50; ++i) {
    const auto at = static_cast<std::size_t>(i % kClipPackets);
    if (options.is_paced) std::this_thread::sleep_until(next += std::chrono::milliseconds(20));
    const double t0 = cpu_seconds();
    for (std::size_t p = 0; p < kPeople; ++p) {
      cost.bytes += static_cast<std::size_t>(decoders[p].decode(sound.microphones[p][at], pcm));
    }
    const double t1 = cpu_seconds();
    for (std::size_t p = 0; p < kPeople; ++p) {
      const auto frame = std::span(sound.returns[p])
                             .subspan(at * kPacketFrames * channels, kPacketFrames * channels);
      cost.bytes += encoders[p].encode(frame, packet);
    }
    const double t2 = cpu_seconds();
    const std::size_t samples_so_far = static_cast<std::size_t>(i + 1) * kPacketFrames;
    while (aac_at + media::kAacFrameSamples <= samples_so_far) {
      const std::size_t clip_frames = sound.programme.size() / 2 / media::kAacFrameSamples;
      const std::size_t from = aac_at / media::kAacFrameSamples % clip_frames;
      const auto frame =
          std::span(sound.programme)
              .subspan(2 * from * media::kAacFrameSamples, 2 * media::kAacFrameSamples);
      for (const auto& made :
           aac.encode(base::SampleTime(static_cast<std::int64_t>(aac_at)), frame))
        cost.bytes += made.bytes.size();
      aac_at += media::kAacFrameSamples;
    }
    const double t3 = cpu_seconds();
    cost.decode_s += t1 - t0;
    cost.encode_s += t2 - t1;
    cost.aac_s += t3 - t2;
  }
  return cost;
}

void write_u32(std::ofstream& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.put(static_cast<char>(value >> shift & 0xffU));
}

/// 16 bit stereo, enough for ffmpeg to make an MP3 of it.
void write_music(const Options& options) {
  std::ofstream out(options.music_file, std::ios::binary);
  const auto bytes = static_cast<std::uint32_t>(options.seconds) * 48'000U * 4U;
  out << "RIFF";
  write_u32(out, 36 + bytes);
  out << "WAVEfmt ";
  write_u32(out, 16);
  write_u32(out, 1U | 2U << 16U);
  write_u32(out, 48'000);
  write_u32(out, 48'000 * 4);
  write_u32(out, 4U | 16U << 16U);
  out << "data";
  write_u32(out, bytes);
  audio::GeneratedMusic music(1);
  audio::StereoBlock block;
  for (int i = 0; i < options.seconds * 100; ++i) {
    music.fill(block);
    for (std::size_t f = 0; f < block.size(); f += 2) {
      const auto left = static_cast<std::int32_t>(std::clamp(block[f], -1.0F, 1.0F) * 32'767.0F);
      const auto right =
          static_cast<std::int32_t>(std::clamp(block[f + 1], -1.0F, 1.0F) * 32'767.0F);
      write_u32(out, (static_cast<std::uint32_t>(left) & 0xffffU) |
                         static_cast<std::uint32_t>(right) << 16U);
    }
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("the pure cost of a show's codecs");
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 3'600));
  app.add_flag("--paced", options.is_paced);
  app.add_option("--channels", options.encoder.channels)->check(CLI::Range(1, 2));
  app.add_option("--bitrate", options.encoder.bitrate_bps);
  app.add_option("--complexity", options.encoder.complexity)->check(CLI::Range(0, 10));
  app.add_option("--music", options.music_file, "write a WAV file of this name instead");
  CLI11_PARSE(app, argc, argv);
  if (!options.music_file.empty()) {
    write_music(options);
    return 0;
  }
  const Cost cost = run_codecs(options, make_sound(options));
  const auto percent = [&](double seconds) { return 100.0 * seconds / options.seconds; };
  fmt::print("{{\"decode\":{:.4f},\"encode\":{:.4f},\"aac\":{:.4f},\"all\":{:.4f}}}\n",
             percent(cost.decode_s), percent(cost.encode_s), percent(cost.aac_s),
             percent(cost.decode_s + cost.encode_s + cost.aac_s));
  return cost.bytes == 0;
}

}  // namespace
}  // namespace shelcaster::bench

int main(int argc, char** argv) { return shelcaster::bench::run(argc, argv); }
