#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "tape/detail/shared_memory.hpp"

// The tape: a ring of programme audio in memory shared between processes, 48 kHz stereo float32,
// addressed by SampleTime, with a second lane of timed marks. The keeper makes it and holds it,
// `mix` writes at its head, `publish` and others read behind. No lock anywhere: a writer never
// waits for a reader; a reader that is too slow learns that its range is gone.
namespace shelcaster::tape {

inline constexpr std::size_t kChannels = 2;
inline constexpr int kTapeSecondsMax = 600;
/// A mark's text is cut to this many bytes, at a UTF-8 character's boundary.
inline constexpr std::size_t kMarkTextBytesMax = 224;

/// What sample 0 means: the same moment on the monotonic clock and on the wall's.
struct Epoch {
  base::Instant monotonic;
  base::WallTime wall;
};

/// Zero is no kind, so that empty memory is never a mark.
enum class MarkKind : std::uint32_t {
  kTrack = 1,    // text: a TrackMark, of what starts here; empty when music ends
  kOnAir = 2,    // text: a participant id
  kOffAir = 3,   // text: a participant id
  kChapter = 4,  // text: a title
  kGap = 5,      // the mixer could not render what lies before this; the tape has silence there
};

struct Mark {
  base::SampleTime at;
  MarkKind kind = MarkKind::kChapter;
  std::string text;
};

enum class ReadResult {
  kOk,
  kNotYet,       // the range is not yet wholly written
  kOverwritten,  // the writer has gone round the ring: what was copied is worthless
};

/// The keeper's hold on a new tape: unmapped and closed by the destructor, which frees the memory
/// when no process has it any more.
class Tape {
 public:
  /// The descriptor to hand to children. Close-on-exec: clear that for the one child it is for.
  [[nodiscard]] int fd() const { return memory_.fd(); }

 private:
  friend base::Result<Tape> create_tape(int seconds, const Epoch& epoch);
  explicit Tape(detail::SharedMemory memory) : memory_(std::move(memory)) {}

  detail::SharedMemory memory_;
};

/// A silent tape with its head at 0 that keeps the last `seconds` (1 to kTapeSecondsMax).
base::Result<Tape> create_tape(int seconds, const Epoch& epoch);

/// The one writer of a lane, frames or marks, of all threads and processes: the two lanes may have
/// different ones. attach() maps memory; everything else is
/// noexcept, allocates nothing and makes no system call, so it may be called on the audio thread.
class TapeWriter {
 public:
  /// `fd` stays the caller's and may be closed afterwards. A new writer goes on at head().
  static base::Result<TapeWriter> attach(int fd);

  [[nodiscard]] Epoch epoch() const noexcept;
  /// The first sample that has not been written.
  [[nodiscard]] base::SampleTime head() const noexcept;
  /// The frame before the head, left and right; silence on a new tape.
  [[nodiscard]] std::array<float, kChannels> last_frame() const noexcept;

  /// Writes `interleaved` (L R L R …) at `at` and moves the head behind it. A gap between the head
  /// and `at` becomes silence. What lies before the head has perhaps been read, so that part of
  /// `interleaved` is left out: a writer that renders a range again changes nothing.
  void write(base::SampleTime at, std::span<const float> interleaved) noexcept;
  /// Silence from the head up to `at`; nothing if `at` is not after the head.
  void write_silence_until(base::SampleTime at) noexcept;
  void mark(base::SampleTime at, MarkKind kind, std::string_view text) noexcept;

 private:
  explicit TapeWriter(detail::SharedMemory memory);
  void claim(std::uint64_t until) noexcept;
  /// Whether every frame of the ring is silence already.
  [[nodiscard]] bool is_all_silent() const noexcept;

  detail::SharedMemory memory_;
  std::span<detail::Word> frames_;
};

/// Any number of readers. A reader changes nothing but the reader position and when publish is due,
/// which are for `publish`.
class TapeReader {
 public:
  static base::Result<TapeReader> attach(int fd);

  [[nodiscard]] Epoch epoch() const noexcept;
  [[nodiscard]] base::SampleTime head() const noexcept;
  [[nodiscard]] std::int64_t capacity_samples() const noexcept;

  /// Fills `interleaved` (frames × 2) from `at`. Its contents count only with kOk. `at` >= 0.
  [[nodiscard]] ReadResult read(base::SampleTime at, std::span<float> interleaved) const noexcept;

  /// Marks are numbered from 0 in the order of their writing; this many have been written. The tape
  /// keeps the last 256.
  [[nodiscard]] std::uint64_t mark_count() const noexcept;
  [[nodiscard]] ReadResult read_mark(std::uint64_t number, Mark& mark) const;

  /// Whether `frames` from `at` are written, still there, and digital silence that lasts up to the
  /// head: known without reading them.
  [[nodiscard]] bool is_silent(base::SampleTime at, std::int64_t frames) const noexcept;

  /// How far `publish` has read; the keeper judges by it that publish gets on. 0 at first.
  [[nodiscard]] base::SampleTime reader_position() const noexcept;
  void set_reader_position(base::SampleTime at) noexcept;

  /// When `publish` says this again at the latest; the keeper judges by it that publish is alive.
  [[nodiscard]] base::Instant publish_due() const noexcept;
  void set_publish_due(base::Instant at) noexcept;

 private:
  explicit TapeReader(detail::SharedMemory memory);

  detail::SharedMemory memory_;
  std::span<const detail::Word> frames_;
};

}  // namespace shelcaster::tape
