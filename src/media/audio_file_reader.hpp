#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::media {

enum class More {
  kPerhaps,    // read again: there may be more bytes now
  kFileWhole,  // nobody writes to the file any more
};
/// Called when the reader stands at the end of what there is; waits a while (the caller's way).
using WaitForMore = std::function<More()>;

/// Where the audio file stands in what is read: all of it, or a part of an upload's body.
struct FileWindow {
  std::int64_t begin = 0;
  std::optional<std::int64_t> size;  // to the end of the file
};

struct AudioFileInfo {
  std::string container;                   // libav's name, "mov,mp4,…"
  std::string codec;                       // "mp3", "aac", …
  std::optional<base::Duration> duration;  // as far as the container says or lets guess
  bool is_duration_declared = false;       // the container says it, so less means a truncated file
};

/// What the file says of itself, as it says it: bytes of an encoding that nobody may have told.
struct AudioFileTags {
  std::string title, artist, album;
};

/// Decodes the first audio stream of a file of any format that a radio show meets (MP3, AAC,
/// M4A/MP4, FLAC, WAV, W64, AIFF, CAF, Ogg, Matroska/WebM) to 48 kHz stereo float. The file may be
/// hostile: run it where importer/ locks the process down. One owner, no threads of its own.
class AudioFileReader {
 public:
  /// Reads `fd` by offset from its beginning and leaves it open. An empty `wait_for_more` says that
  /// the file is whole; else the file may still grow, and where a container has its index at the
  /// end, the reader waits for that.
  static base::Result<AudioFileReader> open(int fd, WaitForMore wait_for_more,
                                            FileWindow window = {});

  AudioFileReader(AudioFileReader&&) noexcept;
  AudioFileReader& operator=(AudioFileReader&&) noexcept;
  ~AudioFileReader();

  [[nodiscard]] const AudioFileInfo& info() const;
  /// At the end of the file there may be more of them than at its beginning.
  [[nodiscard]] AudioFileTags tags();
  /// The picture within the file, as it stands there; empty if there is none. Valid as long as
  /// this.
  [[nodiscard]] std::span<const std::uint8_t> cover() const;

  /// The next interleaved samples, valid until the next call; empty at the end. Damaged stretches
  /// are left out; an error says that nothing useful can follow.
  base::Result<std::span<const float>> read();

 private:
  class Decoding;
  explicit AudioFileReader(std::unique_ptr<Decoding> decoding);

  std::unique_ptr<Decoding> decoding_;
};

}  // namespace shelcaster::media
