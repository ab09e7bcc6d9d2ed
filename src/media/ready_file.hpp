#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

// The ready file: music decoded and ready to play, 48 kHz stereo 16 bit in a WAV file, that can be
// read while it is written.
//
//    0  "RIFF" size "WAVE"
//   12  "fmt " 16, PCM, 2 channels, 48000 Hz, 16 bit
//   36  "shel" 8, frames (u64): how long it is; all ones while it grows
//   52  "data" size, then the samples
//
// The WAV sizes are all ones while it grows and when they don't fit 32 bits (6.2 hours); the length
// in the "shel" chunk, which other programs skip, is exact in every case.
namespace shelcaster::media {

inline constexpr std::size_t kReadyHeaderBytes = 60;

/// Writes to a descriptor that the caller opened (empty, for writing) and keeps open. Errors are
/// the disk's.
class ReadyFileWriter {
 public:
  /// Writes the header of a file that grows.
  static base::Result<ReadyFileWriter> start(int fd);

  /// Quantised with triangular dither of ±1 LSB. Goes to the file in pieces of at most 100 ms.
  base::Result<void> write(std::span<const float> interleaved);
  base::Result<void> flush();
  /// Flushes and puts the true length into the header. Nothing may follow.
  base::Result<void> finish();

  /// Including what is not yet flushed.
  [[nodiscard]] std::int64_t frames() const { return frames_; }

 private:
  explicit ReadyFileWriter(int fd) : fd_(fd) {}
  float next_dither();

  int fd_;
  std::int64_t frames_ = 0;
  std::uint64_t flushed_bytes_ = kReadyHeaderBytes;
  std::vector<std::int16_t> pending_;
  std::uint32_t dither_state_ = 0x2545'f491;
};

/// Ends a file whose writer is gone with what is there, so that who reads it waits for no more.
void end_ready_file(const std::string& path);

/// Reads a ready file, whole or growing, by position. Not for the audio thread: it reads the disk.
class ReadyFileReader {
 public:
  static base::Result<ReadyFileReader> open(const std::string& path);

  /// Frames that can be read now.
  [[nodiscard]] base::Result<std::int64_t> frames_available() const;
  /// True once the writer has finished: frames_available() then is the length. Ask this first.
  [[nodiscard]] base::Result<bool> is_finished() const;

  /// Fills `interleaved` from frame `at` on; the number of frames read, which is less at the end of
  /// what there is.
  base::Result<std::size_t> read(std::int64_t at, std::span<float> interleaved);

 private:
  explicit ReadyFileReader(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
  std::vector<std::int16_t> scratch_;
};

}  // namespace shelcaster::media
