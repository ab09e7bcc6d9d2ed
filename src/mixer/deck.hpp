#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "audio/block.hpp"
#include "mixer/deck_feed.hpp"

namespace shelcaster::mixer {

enum class DeckState { kStopped, kPlaying, kPaused };

/// Starts `item` at `position` (frames), whatever went before. A playing item ends as kStop.
struct DeckPlay {
  DeckItem item = kNoItem;
  std::int64_t position = 0;
  bool paused = false;  // cue it only: loaded, positioned and waiting for DeckResume
};
/// Goes on after DeckPause. Ignored unless paused.
struct DeckResume {};
struct DeckPause {};
struct DeckStop {};
/// Ends the item as kSkip and goes to `next`, or stops if that is kNoItem. Ignored if `next` is
/// what plays already: the item that the person wanted to leave had just ended by itself.
struct DeckSkip {
  DeckItem next = kNoItem;
};
/// Within the item, playing or paused. Past its end is the feeder's matter: it answers kEndsItem.
struct DeckSeek {
  std::int64_t position = 0;
};

using DeckCommand = std::variant<DeckPlay, DeckResume, DeckPause, DeckStop, DeckSkip, DeckSeek>;

enum class EndReason { kEnd, kSkip, kStop, kError };

struct ItemStarted {  // its first frame sounds in this block
  DeckItem item = kNoItem;
};
struct ItemEnded {
  DeckItem item = kNoItem;
  EndReason reason = EndReason::kEnd;
};
using DeckEvent = std::variant<ItemStarted, ItemEnded>;

struct DeckStatus {
  DeckState state = DeckState::kStopped;
  DeckItem item = kNoItem;
  std::int64_t position = 0;    // frames into the item, of the next frame to be heard
  bool is_buffering = false;    // playing, but the first chunk after a start or seek isn't here yet
  std::uint64_t underruns = 0;  // times that the feeder was late in the middle of an item
};

/// A player of queue items, on the audio thread: play, pause, stop, skip, seek. It starts, stops
/// and jumps with fades of 10 ms and no crossfade, follows one item by the next without a gap if
/// the feeder has it, and turns a late feeder into silence during which the position stands still.
///
/// One owner thread. Never allocates, locks or waits after construction.
class Deck {
 public:
  /// `feed` must outlive the deck; the deck is its only consumer.
  explicit Deck(DeckFeed& feed) noexcept;

  /// Takes effect from the next render(). After DeckStop, DeckSkip, DeckSeek or DeckPlay the old
  /// sound fades over the next block, and the new position starts after that.
  void apply(const DeckCommand& command) noexcept;

  /// Fills one block; false if all of it is silence. A nullptr input to the engine does then.
  bool render(audio::StereoBlock& out) noexcept;

  [[nodiscard]] DeckStatus status() const noexcept;

  /// Drain after every apply() and render(). The oldest are kept if 64 are not drained; a consumer
  /// that drains once a block never loses one.
  [[nodiscard]] std::optional<DeckEvent> poll_event() noexcept;

 private:
  DeckFeed& feed_;
};

}  // namespace shelcaster::mixer
