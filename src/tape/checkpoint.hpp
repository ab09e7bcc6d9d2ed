#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/result.hpp"
#include "tape/detail/shared_memory.hpp"

// The checkpoint: what a restarted `mix` needs to go on where the last one stopped, in memory
// shared with the keeper, which holds it across the crash. Never on disk.
namespace shelcaster::tape {

/// Text of bounded size that can lie in shared memory. Longer text is cut.
template <std::size_t kBytesMax>
class FixedText {
 public:
  FixedText() = default;
  explicit FixedText(std::string_view text) noexcept
      : size_(static_cast<std::uint32_t>(std::min(text.size(), kBytesMax))) {
    if (size_ > 0) std::memcpy(bytes_.data(), text.data(), size_);
  }
  [[nodiscard]] std::string_view view() const noexcept {
    return {bytes_.data(), std::min<std::size_t>(size_, kBytesMax)};
  }

 private:
  std::uint32_t size_ = 0;
  std::array<char, kBytesMax> bytes_{};
};

enum class DeckState : std::uint32_t { kStopped = 0, kPlaying = 1, kPaused = 2 };

struct DeckCheckpoint {
  FixedText<60> item_id;  // empty: no item
  /// The deck stood at `position_samples` of the item when the programme stood at
  /// MixCheckpoint::at; while it plays, the two run on together.
  std::int64_t position_samples = 0;
  DeckState state = DeckState::kStopped;
  std::uint32_t reserved = 0;
};

struct MasterCheckpoint {
  float gain_linear = 1.0F;
  float compressor_threshold_db = -20.0F;
  float compressor_ratio = 4.0F;
  float limiter_ceiling_db = -1.0F;
  /// The dynamics' gain reduction at that time, >= 0, so that a restart doesn't pump.
  float compressor_reduction_db = 0.0F;
  float limiter_reduction_db = 0.0F;
  std::uint32_t is_compressor_enabled = 1;
  std::uint32_t is_limiter_enabled = 1;
};

struct MixCheckpoint {
  /// End of the last block rendered, in samples since the show's epoch.
  std::int64_t at_samples = 0;
  /// Version of the desired state that was applied.
  std::uint64_t desired_version = 0;
  DeckCheckpoint deck;
  MasterCheckpoint master;
};
static_assert(std::is_trivially_copyable_v<MixCheckpoint>);
static_assert(sizeof(MixCheckpoint) % sizeof(detail::Word) == 0);

/// Made by the keeper, written by one thread of one `mix` at a time, read by anybody. There are two
/// slots, written in turn: a writer killed in the middle of one leaves the other whole.
class Checkpoint {
 public:
  static base::Result<Checkpoint> create();
  /// `fd` stays the caller's and may be closed afterwards.
  static base::Result<Checkpoint> attach(int fd);

  /// -1 when attached.
  [[nodiscard]] int fd() const { return memory_.fd(); }

  /// No allocation, lock or system call: may be called on the audio thread, each block if wanted.
  void write(const MixCheckpoint& state) noexcept;
  /// The newest whole state; nothing if none was ever written (or a writer overran every attempt to
  /// read, which takes a reader that was suspended in the middle of each of them).
  [[nodiscard]] std::optional<MixCheckpoint> read() const noexcept;

  /// The crash-loop counter, the keeper's: how often `mix` was started since it last ran steadily.
  /// A `mix` that finds it high may leave out what it restores.
  [[nodiscard]] std::uint32_t starts() const noexcept;
  void note_start() noexcept;
  void clear_starts() noexcept;

 private:
  explicit Checkpoint(detail::SharedMemory memory) : memory_(std::move(memory)) {}

  detail::SharedMemory memory_;
};

}  // namespace shelcaster::tape
