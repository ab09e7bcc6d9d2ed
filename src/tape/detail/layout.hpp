#pragma once

#include <cstddef>

#include "tape/detail/shared_memory.hpp"
#include "tape/tape.hpp"

// The tape's memory, in 64-bit words of the machine's byte order (it never leaves the machine):
//
//   0 .. 15                magic, version, capacity, epoch
//   16, 24, 32, 40, 48, 56 claimed, head, mark count, reader position, start of silence, publish's
//                          next sign of life: a cache line each
//   512 ..                 256 marks of 32 words
//   8704 ..                frames: one word a frame, left float in the low half, right in the high
//
// Both channels of a frame are one word, so a reader can see an old frame but never half a frame.
namespace shelcaster::tape::detail {

inline constexpr Word kTapeMagic = 0x5348'454c'5441'5045;  // "SHELTAPE"
inline constexpr Word kTapeVersion = 3;

inline constexpr std::size_t kMagicAt = 0;
inline constexpr std::size_t kVersionAt = 1;
inline constexpr std::size_t kCapacityAt = 2;
inline constexpr std::size_t kEpochMonotonicNsAt = 3;
inline constexpr std::size_t kEpochWallMsAt = 4;
/// End of what the writer may be overwriting right now; >= head.
inline constexpr std::size_t kClaimedAt = 16;
inline constexpr std::size_t kHeadAt = 24;
inline constexpr std::size_t kMarkCountAt = 32;
inline constexpr std::size_t kReaderAt = 40;
/// From here to the head every frame is digital silence. Signed: a new tape was always silent.
inline constexpr std::size_t kSilentFromAt = 48;

/// In nanoseconds of the monotonic clock.
inline constexpr std::size_t kPublishDueNsAt = 56;

inline constexpr std::size_t kMarksAt = 512;
inline constexpr std::size_t kMarks = 256;
inline constexpr std::size_t kMarkWords = 32;
// Words of a mark: sequence (2n+1 while mark n is written, 2n+2 when it stands), sample, kind in
// the low and text size in the high half, then the text.
inline constexpr std::size_t kMarkTextAt = 3;
static_assert(kMarkTextBytesMax <= (kMarkWords - kMarkTextAt) * sizeof(Word));

inline constexpr std::size_t kFramesAt = kMarksAt + kMarks * kMarkWords;

inline constexpr std::size_t tape_bytes(std::size_t capacity) {
  return (kFramesAt + capacity) * sizeof(Word);
}

}  // namespace shelcaster::tape::detail
