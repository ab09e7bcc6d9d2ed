#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "audio/block.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/tail.hpp"
#include "base/state_io.hpp"
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
  std::int64_t position = 0;  // where the next one begins
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
  friend bool operator==(const DeckStatus&, const DeckStatus&) = default;
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

  void save(base::StateWriter& to) const noexcept;
  /// Only in a deck that has done nothing yet. It asks its feeder for what was to come next, and
  /// goes on with the next sample as if nothing had been; but what was fading out after a jump is
  /// gone and dies away in 5 ms.
  void restore(base::StateReader& from) noexcept;
  /// Whether what sounds can go on without a gap: the feeder has the next block, or nothing sounds.
  [[nodiscard]] bool is_fed() noexcept;

  /// Drain after every apply() and render(). The oldest are kept if 64 are not drained; a consumer
  /// that drains once a block never loses one.
  [[nodiscard]] std::optional<DeckEvent> poll_event() noexcept;

 private:
  static constexpr std::size_t kEventsMax = 64;

  void do_command(const DeckPlay& c) noexcept;
  void do_command(const DeckResume& c) noexcept;
  void do_command(const DeckPause& c) noexcept;
  void do_command(const DeckStop& c) noexcept;
  void do_command(const DeckSkip& c) noexcept;
  void do_command(const DeckSeek& c) noexcept;

  void start_closing(bool keeps_generation) noexcept;
  void go_to(DeckItem item, std::int64_t position) noexcept;
  void end_item(EndReason reason) noexcept;
  void emit(const DeckEvent& event) noexcept;
  void send_request() noexcept;

  const DeckChunk* next_chunk(std::uint32_t generation) noexcept;
  int read(audio::StereoBlock& out, std::uint32_t generation, bool is_tracked) noexcept;
  int read_chunk(const DeckChunk& chunk, audio::StereoBlock& out, int at) noexcept;
  void follow(const DeckChunk& chunk, int frames) noexcept;
  void finish_chunk(const DeckChunk& chunk) noexcept;
  [[nodiscard]] bool has_ended_before(const DeckChunk& chunk) const noexcept;
  bool shape(audio::StereoBlock& out, int filled) noexcept;

  DeckFeed& feed_;
  DeckState state_ = DeckState::kStopped;
  DeckItem item_ = kNoItem;
  std::int64_t position_ = 0;
  DeckItem started_item_ = kNoItem;  // the last that ItemStarted told of
  bool is_between_items_ = false;    // one has ended, the feeder hasn't said what follows
  std::uint64_t underruns_ = 0;

  std::uint32_t generation_ = 0;
  std::optional<FeedRequest> unsent_request_;
  int chunk_at_ = 0;  // frames read of the front chunk

  bool is_open_ = false;     // sound came out in the last block and may go on
  bool is_closing_ = false;  // the next block fades out what was sounding
  bool closing_is_tracked_ = false;
  std::uint32_t closing_generation_ = 0;
  audio::GainRamp edge_{0.0F};  // the 10 ms fades
  audio::GainRamp gain_{1.0F};  // loudness normalisation
  float last_left_ = 0.0F;      // the last frame of the last block, if the sound went on to its end
  float last_right_ = 0.0F;
  audio::Tail tail_;

  std::array<DeckEvent, kEventsMax> events_{};
  std::size_t first_event_ = 0;
  std::size_t event_count_ = 0;
};

}  // namespace shelcaster::mixer
