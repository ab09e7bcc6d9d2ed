// The pure cost of a show's codecs: for a stretch of sound, decode what three people send, encode
// what each of them hears and the programme's AAC, and nothing else. CPU time of each part as JSON.
// With --music-out or --voices-out it only writes sound for other programs.
#include <fcntl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audio/generated_music.hpp"
#include "base/unique_fd.hpp"
#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"
#include "media/aac_encoder.hpp"
#include "media/audio_file_reader.hpp"
#include "mixer/engine.hpp"
#include "voices.hpp"

namespace shelcaster::bench {
namespace {

constexpr int kPeople = 3;

struct Options {
  int seconds = 10;
  /// The cheapest of so many runs counts.
  int runs = 1;
  /// Wait for each 20 ms as a live show must, instead of running through with warm caches.
  bool is_paced = false;
  codec::OpusEncoderConfig encoder{.channels = 2,
                                   .bitrate_bps = 96'000,
                                   .complexity = 5,
                                   .fec = true,
                                   .expected_loss_percent = 5,
                                   .speech = false,
                                   .low_delay = true};
  /// What the deck plays, and how the import has levelled it; generated music if there is none.
  std::string music_file;
  float music_gain_db = 0;
  /// Write what the programme's people say, and music, for other programs.
  std::string music_out;
  std::string voices_out;
};

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "bench_codec: {}\n", what);
  std::exit(1);
}

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

std::vector<audio::StereoBlock> music_blocks(const Options& options, std::size_t count) {
  std::vector<audio::StereoBlock> blocks(count);
  if (options.music_file.empty()) {
    audio::GeneratedMusic music(1);
    for (audio::StereoBlock& block : blocks) music.fill(block);
    return blocks;
  }
  const base::UniqueFd file(open(options.music_file.c_str(), O_RDONLY | O_CLOEXEC));
  auto reader = media::AudioFileReader::open(file.get(), {});
  if (!reader) fail(reader.error().message);
  std::size_t at = 0;
  const float gain = std::pow(10.0F, options.music_gain_db / 20.0F);
  while (at < count * audio::kBlockSamples) {
    const auto samples = reader->read();
    if (!samples) fail(samples.error().message);
    if (samples->empty()) fail("the music is too short");
    for (const float sample : *samples) {
      if (at == count * audio::kBlockSamples) break;
      blocks[at / audio::kBlockSamples][at % audio::kBlockSamples] = gain * sample;
      ++at;
    }
  }
  return blocks;
}

/// What the mixer makes of three people on the air and music, by the mixer's own engine.
Sound make_sound(const Options& options) {
  constexpr std::size_t kBlocks = 2 * std::size_t{kClipPackets};
  Sound sound;
  std::array<std::vector<audio::StereoBlock>, kPeople + 1> inputs;
  mixer::Engine engine({.strips_max = kPeople + 1});
  for (int p = 0; p < kPeople; ++p) {
    const auto i = static_cast<std::size_t>(p);
    sound.microphones[i] = voice_packets(p, Microphone::kHybrid);
    inputs[i].resize(kBlocks);
    const std::vector<float> voice = voice_samples(p);
    for (std::size_t s = 0; s < voice.size(); ++s) {
      audio::StereoBlock& block = inputs[i][s / audio::kBlockFrames];
      block[2 * (s % audio::kBlockFrames)] = block[2 * (s % audio::kBlockFrames) + 1] = voice[s];
    }
    engine.apply(
        mixer::AddStrip{{p}, p == 0 ? mixer::StripKind::kHost : mixer::StripKind::kCaller});
    engine.apply(mixer::SetOnAir{{p}, true});
  }
  inputs[kPeople] = music_blocks(options, kBlocks);
  engine.apply(mixer::AddStrip{{kPeople}, mixer::StripKind::kDeck});

  mixer::Rendered rendered;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    std::array<mixer::StripInput, kPeople + 1> strips;
    for (std::size_t i = 0; i < strips.size(); ++i) strips[i].samples = &inputs[i][b];
    engine.render(base::SampleTime(static_cast<std::int64_t>(b) * audio::kBlockFrames), strips,
                  rendered);
    sound.programme.insert(sound.programme.end(), rendered.programme.begin(),
                           rendered.programme.end());
    for (std::size_t p = 0; p < kPeople; ++p) {
      const audio::StereoBlock& heard = rendered.mix_minus[p];
      for (std::size_t f = 0; f < heard.size(); f += 2) {
        if (options.encoder.channels == 1) {
          sound.returns[p].push_back(0.5F * (heard[f] + heard[f + 1]));
        } else {
          sound.returns[p].push_back(heard[f]);
          sound.returns[p].push_back(heard[f + 1]);
        }
      }
    }
  }
  return sound;
}

struct Cost {
  double decode_s = 0, encode_s = 0, aac_s = 0;
  [[nodiscard]] double all_s() const { return decode_s + encode_s + aac_s; }
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

void write_u16(std::ofstream& out, std::uint32_t value) {
  out.put(static_cast<char>(value & 0xffU));
  out.put(static_cast<char>(value >> 8U & 0xffU));
}

void write_sample(std::ofstream& out, float sample) {
  const auto value = static_cast<std::int32_t>(std::clamp(sample, -1.0F, 1.0F) * 32'767.0F);
  write_u16(out, static_cast<std::uint32_t>(value) & 0xffffU);
}

/// A WAV file, 16 bit stereo, enough for ffmpeg to make an MP3 of it.
void write_music(const Options& options) {
  std::ofstream out(options.music_out, std::ios::binary);
  const auto bytes = static_cast<std::uint32_t>(options.seconds) * 48'000U * 4U;
  const auto write_u32 = [&out](std::uint32_t value) {
    write_u16(out, value);
    write_u16(out, value >> 16U);
  };
  out << "RIFF";
  write_u32(36 + bytes);
  out << "WAVEfmt ";
  for (const std::uint32_t field : {16U, 1U | 2U << 16U, 48'000U, 48'000U * 4U, 4U | 16U << 16U}) {
    write_u32(field);
  }
  out << "data";
  write_u32(bytes);
  audio::GeneratedMusic music(1);
  audio::StereoBlock block;
  for (int i = 0; i < options.seconds * 100; ++i) {
    music.fill(block);
    for (const float sample : block) write_sample(out, sample);
  }
}

/// Three files of 16 bit mono, 10 s each.
void write_voices(const Options& options) {
  for (int p = 0; p < kPeople; ++p) {
    std::ofstream out(fmt::format("{}/voice-{}.s16", options.voices_out, p), std::ios::binary);
    for (const float sample : voice_samples(p)) write_sample(out, sample);
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("the pure cost of a show's codecs");
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 3'600));
  app.add_option("--runs", options.runs)->check(CLI::Range(1, 100));
  app.add_flag("--paced", options.is_paced);
  app.add_option("--channels", options.encoder.channels)->check(CLI::Range(1, 2));
  app.add_option("--bitrate", options.encoder.bitrate_bps);
  app.add_option("--complexity", options.encoder.complexity)->check(CLI::Range(0, 10));
  app.add_option("--music", options.music_file, "what the deck plays");
  app.add_option("--music-gain-db", options.music_gain_db);
  app.add_option("--music-out", options.music_out, "only write a WAV file of music");
  app.add_option("--voices-out", options.voices_out, "only write the voices into this folder");
  CLI11_PARSE(app, argc, argv);
  if (!options.music_out.empty() || !options.voices_out.empty()) {
    if (!options.music_out.empty()) write_music(options);
    if (!options.voices_out.empty()) write_voices(options);
    return 0;
  }
  const Sound sound = make_sound(options);
  Cost cost = run_codecs(options, sound);
  for (int i = 1; i < options.runs; ++i) {
    const Cost again = run_codecs(options, sound);
    if (again.all_s() < cost.all_s()) cost = again;
  }
  const auto percent = [&](double seconds) { return 100.0 * seconds / options.seconds; };
  fmt::print("{{\"decode\":{:.4f},\"encode\":{:.4f},\"aac\":{:.4f},\"all\":{:.4f}}}\n",
             percent(cost.decode_s), percent(cost.encode_s), percent(cost.aac_s),
             percent(cost.all_s()));
  return cost.bytes == 0;
}

}  // namespace
}  // namespace shelcaster::bench

int main(int argc, char** argv) { return shelcaster::bench::run(argc, argv); }
