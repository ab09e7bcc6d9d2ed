#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "tape/detail/shared_memory.hpp"

namespace shelcaster::tape {

/// A packet of sound of somebody who is heard, as it went into a jitter buffer.
struct JournalPacket {
  std::uint32_t line = 0;
  std::uint32_t ssrc = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  base::ByteSpan payload;
};

/// The last packets that came, in memory that outlives their process: those that wait in a jitter
/// buffer when the mixer dies would else be lost. A ring of bytes; a new packet takes the place of
/// the oldest ones. 1 MiB is 0.8 s of a full house and minutes of a small show.
///
/// One writer, the audio thread: no allocation, lock or system call. Read when the writer is dead;
/// whenever that was, what is found is whole.
class PacketJournal {
 public:
  static constexpr std::size_t kBytes = 1 << 20;
  static constexpr std::size_t kWords = 2 + kBytes / sizeof(detail::Word);
  /// Longer payloads are left out.
  static constexpr std::size_t kPayloadBytesMax = 1'472;

  /// Over kWords words that are zero at first.
  explicit PacketJournal(std::span<detail::Word> words) noexcept : words_(words) {}

  void note(const JournalPacket& packet) noexcept;

  /// Oldest first. The payloads point into the journal.
  [[nodiscard]] std::vector<JournalPacket> packets() const;

 private:
  std::span<detail::Word> words_;
};

}  // namespace shelcaster::tape
