#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "audio/block.hpp"
#include "base/spsc_queue.hpp"

namespace shelcaster::mixer {

/// One play of one queue item, numbered by the application; never reused in a process.
using DeckItem = std::uint64_t;
inline constexpr DeckItem kNoItem = 0;

/// Beyond every item: the feeder answers with the item's end and what follows it.
inline constexpr std::int64_t kEndOfItem = std::int64_t{1} << 50U;

/// What the deck wants the feeder thread to do from now on. kNoItem: nothing, close the file.
struct FeedRequest {
  std::uint32_t generation = 0;
  DeckItem item = kNoItem;
  std::int64_t position = 0;  // frames from the item's start
};

enum class ChunkMark : std::uint8_t {
  kNone,
  kEndsItem,  // the item is over after these frames; a chunk of another item or kEndsFeed follows
  kFailed,    // the item can't go on after these frames; otherwise as kEndsItem
  kEndsFeed,  // nothing follows the item that ended; frames must be 0
};

/// Up to 10 ms of an item. The feeder fills every field.
struct DeckChunk {
  std::uint32_t generation = 0;  // of the FeedRequest that this answers
  DeckItem item = kNoItem;
  std::int64_t position = 0;  // of the first frame, in frames from the item's start
  float gain = 1.0F;          // linear, loudness normalisation; a change within an item is ramped
  int frames = 0;             // 0 … 480
  ChunkMark mark = ChunkMark::kNone;
  audio::StereoBlock samples{};  // 48 kHz stereo interleaved; the first 2·frames count
};

/// The prefetch between a feeder thread, which reads and decodes files, and the deck on the audio
/// thread: a bounded ring of chunks one way, requests the other way. Neither side ever blocks.
///
/// A seek or a new item makes a new generation. The deck drops chunks of older ones unheard, so the
/// feeder needs no flush: it polls for requests before each chunk and goes on with the new one.
///
/// Feeder loop: `while (auto r = feed.poll_request()) current = *r;` then, if there is an item and
/// `DeckChunk* chunk = feed.begin_push()`, fill it and `feed.end_push()`; else wait some 5 ms. At
/// the end of an item it marks the last chunk kEndsItem and either goes straight on with the next
/// item, same generation (gapless), or pushes an empty kEndsFeed chunk.
class DeckFeed {
 public:
  /// Prefetches up to `chunks` × 10 ms. The only allocation.
  explicit DeckFeed(std::size_t chunks = 300);

  // Feeder thread.
  /// The oldest request not polled yet; only the last one counts.
  [[nodiscard]] std::optional<FeedRequest> poll_request() noexcept { return requests_.try_pop(); }
  /// A slot to fill, or nullptr while the ring is full. The same slot until end_push().
  [[nodiscard]] DeckChunk* begin_push() noexcept;
  void end_push() noexcept;

  // Audio thread.
  /// False if the feeder is 64 requests behind: ask again later.
  [[nodiscard]] bool try_request(const FeedRequest& request) noexcept {
    return requests_.try_push(request);
  }
  /// The oldest chunk, or nullptr. Valid until pop().
  [[nodiscard]] const DeckChunk* front() const noexcept;
  void pop() noexcept;

  /// Exact for the calling side's own end, a snapshot for the other.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t capacity() const noexcept { return chunks_.size(); }

 private:
  std::vector<DeckChunk> chunks_;
  base::SpscQueue<FeedRequest> requests_;
  alignas(64) std::atomic<std::size_t> popped_{0};
  alignas(64) std::atomic<std::size_t> pushed_{0};
};

}  // namespace shelcaster::mixer
