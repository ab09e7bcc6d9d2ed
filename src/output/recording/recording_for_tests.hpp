#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "media/aac_encoder.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "output/recording/recorder.hpp"
#include "tape/tape.hpp"

// For tests: a tape with a programme, and who reads it for a recorder as a publisher does.
namespace shelcaster::output {

inline constexpr auto kAacFrame = std::int64_t{media::kAacFrameSamples};
inline constexpr std::int64_t kEpochMs = 1'700'000'000'000;

/// Tones whose sum doesn't repeat, so that each sample has a place of its own.
inline std::vector<float> programme(std::int64_t first, std::int64_t frames) {
  constexpr std::array<double, 4> kHz{331.71, 547.37, 1013.93, 1777.13};
  std::vector<float> samples;
  for (std::int64_t n = first; n < first + frames; ++n) {
    double sum = 0;
    for (const double hz : kHz) {
      sum += 0.08 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(n) / 48'000.0);
    }
    samples.push_back(static_cast<float>(sum));
    samples.push_back(static_cast<float>(-0.5 * sum));
  }
  return samples;
}

struct TestTape {
  explicit TestTape(int seconds, std::int64_t epoch_ms = kEpochMs)
      : tape(tape::create_tape(seconds, {base::Instant(), base::WallTime::from_unix_ms(epoch_ms)})
                 .value()),
        writer(tape::TapeWriter::attach(tape.fd()).value()),
        reader(tape::TapeReader::attach(tape.fd()).value()) {}

  void write_until(std::int64_t samples) {
    constexpr std::int64_t kStep = 4'800;
    for (std::int64_t at = writer.head().samples(); at < samples; at += kStep) {
      writer.write(base::SampleTime(at), programme(at, std::min(samples - at, kStep)));
    }
  }
  /// A recorder of this tape's programme.
  [[nodiscard]] Recorder recorder(const std::filesystem::path& dir, bool has_flac = true,
                                  RecordingReserve reserve = {}, LookForRoom room = room_of_disk,
                                  base::Duration length_max = std::chrono::hours(6)) const {
    const media::AacEncoder encoder;
    return Recorder(
        {.dir = dir,
         .aac_config = {encoder.config().begin(), encoder.config().end()},
         .epoch = reader.epoch().wall,
         .has_flac = has_flac,
         .reserve = reserve,
         .length_max = length_max},
        [this](base::SampleTime at, std::span<float> interleaved) {
          return reader.read(at, interleaved) == tape::ReadResult::kOk;
        },
        std::move(room));
  }

  tape::Tape tape;
  tape::TapeWriter writer;
  tape::TapeReader reader;
};

/// Reads a tape from a place on and feeds a recorder, a frame at a time.
class TestPublisher {
 public:
  TestPublisher(const TestTape& tape, std::int64_t from)
      : tape_(tape), wanted_(from), at_(from - 4 * kAacFrame) {}

  /// Up to `until`, and flushes each 250 ms of the programme.
  void feed(Recorder& recorder, std::int64_t until) {
    for (; at_ + kAacFrame <= until; at_ += kAacFrame) {
      std::vector<float> frame(2 * media::kAacFrameSamples);
      if (at_ >= 0 && tape_.reader.read(base::SampleTime(at_), frame) != tape::ReadResult::kOk) {
        std::abort();
      }
      if (at_ >= 0) recorder.add(base::SampleTime(at_), kAacFrame, frame);
      for (const media::AacPacket& packet : encoder_.encode(base::SampleTime(at_), frame)) {
        if (packet.at >= base::SampleTime(wanted_)) recorder.add(packet);
      }
      if (at_ / 12'000 != (at_ + kAacFrame) / 12'000) flush(recorder);
    }
  }
  void flush(Recorder& recorder) const {
    recorder.flush(base::Instant() + base::to_duration(std::max<std::int64_t>(at_, 0)));
  }
  /// Leaves out what lies before `to`, as a full queue does.
  void skip_to(std::int64_t to) {
    wanted_ = to;
    at_ = to - 4 * kAacFrame;
    encoder_ = media::AacEncoder();
  }
  [[nodiscard]] std::int64_t at() const { return at_; }

 private:
  const TestTape& tape_;
  media::AacEncoder encoder_;
  std::int64_t wanted_;
  std::int64_t at_;
};

/// The ids in a show's folder, the oldest first.
inline std::vector<std::string> recordings_in(const std::filesystem::path& dir) {
  std::vector<std::string> ids;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(dir, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("rec-")) ids.push_back(name);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// The bytes of a file of each of these recordings, one behind the other.
inline std::string joined(const std::vector<std::filesystem::path>& recordings,
                          std::string_view file) {
  std::string bytes;
  for (const std::filesystem::path& recording : recordings) {
    bytes += media::read_file((recording / file).string());
  }
  return bytes;
}

/// What ffmpeg says of a file that it reads to its end, but that ADTS doesn't tell its length.
inline std::string complaints_of(const std::string& path) {
  return media::output_of("ffmpeg -nostdin -v warning -err_detect crccheck+bitstream -i '" + path +
                          "' -f null - 2>&1 | grep -v 'duration from bitrate'");
}

}  // namespace shelcaster::output
