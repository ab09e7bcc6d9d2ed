#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "tape/detail/shared_memory.hpp"
#include "tape/packet_journal.hpp"

// The checkpoint: what a restarted `mix` needs to go on where the last one stopped, in memory
// shared with the keeper, which holds it across the crash. It holds keys: never on disk.
namespace shelcaster::tape {

/// Made by the keeper, written by one `mix` at a time, read by the next one. It has two records,
/// whose contents are their writers' matter, and the packet journal:
///
/// - sound, which the audio thread writes each tick: engine, deck, and of each line what changes;
/// - stage, which the stage thread writes when something has changed: sessions, seats, queue.
///
/// A record has two slots that are written in turn: a writer killed in the middle of one leaves the
/// other whole. Of the stage's, which holds keys, only the newest stays in memory.
class Checkpoint {
 public:
  static constexpr std::size_t kSoundBytesMax = 16 << 20;
  static constexpr std::size_t kStageBytesMax = 4 << 20;

  static base::Result<Checkpoint> create();
  /// `fd` stays the caller's and may be closed afterwards.
  static base::Result<Checkpoint> attach(int fd);

  /// -1 when attached.
  [[nodiscard]] int fd() const { return memory_.fd(); }

  /// Where the next sound record is to be put; it counts from commit_sound() on. Neither allocates,
  /// locks or makes a system call: for the audio thread.
  [[nodiscard]] std::span<std::byte> begin_sound() noexcept;
  void commit_sound(std::size_t size) noexcept;
  /// False if it is too long: then there is none, rather than one that is older than what was done.
  bool write_stage(base::ByteSpan record) noexcept;

  /// The newest whole record; nothing if none was ever written, or if the memory was damaged. Not
  /// while somebody writes.
  [[nodiscard]] std::optional<base::Bytes> read_sound() const;
  [[nodiscard]] std::optional<base::Bytes> read_stage() const;

  [[nodiscard]] PacketJournal journal() const noexcept;

  /// The crash-loop counter: how often `mix` was started since one last ran steadily. A `mix` that
  /// finds it high leaves out a part of what it restores (see app/mix/recovery/inheritance.hpp).
  [[nodiscard]] std::uint32_t starts() const noexcept;
  void note_start() noexcept;
  void clear_starts() noexcept;

 private:
  explicit Checkpoint(detail::SharedMemory memory) : memory_(std::move(memory)) {}

  detail::SharedMemory memory_;
};

}  // namespace shelcaster::tape
