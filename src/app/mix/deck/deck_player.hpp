#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "app/mix/deck/playlist.hpp"
#include "app/mix/floor/floor_messages.hpp"
#include "app/mix/floor/stage_sink.hpp"
#include "base/result.hpp"
#include "link/messages.hpp"
#include "mixer/deck.hpp"

namespace shelcaster::app {

/// The deck as people see it: queue items by their ids, commands with clear refusals, and what the
/// control plane is told. On the stage thread; the deck itself is the floor's.
class DeckPlayer {
 public:
  DeckPlayer(Playlist& playlist, StageSink& sink) : playlist_(playlist), sink_(sink) {}

  void set_queue(std::vector<link::QueueItem> queue) { playlist_.set_queue(std::move(queue)); }
  void update(const link::QueueItem& item) { playlist_.update(item); }

  /// Does one of link::DeckRule.
  base::Result<void> command(const link::Command& command);
  /// Takes a deck up that played before this process began. Ignored if the item is not queued.
  void resume(const link::DeckHint& hint);

  /// Whether it plays by somebody's wish, or the queue for want of one; a bed doesn't count.
  [[nodiscard]] bool plays() const { return asked_state_ == mixer::DeckState::kPlaying; }
  /// Whether play_queue() would play something.
  [[nodiscard]] bool has_queue() const;
  /// As a PLAY by nobody. Afterwards leave_queue() puts the deck back to where it was, or
  /// keep_queue() leaves it to somebody who has come.
  void play_queue();
  void leave_queue();
  void keep_queue() { state_before_.reset(); }
  /// A bed sounds in the place of whatever stands on the deck. Nothing is told of it: to everybody
  /// the deck stays as it was, and with end_bed() it is so again.
  void start_bed();
  void end_bed();
  [[nodiscard]] bool is_bed(mixer::DeckItem item) const;

  void handle_event(const mixer::DeckEvent& event);
  void handle_status(const mixer::DeckStatus& status);

  /// Commands for the deck wait until they are remembered; then this hands them on.
  void flush();
  [[nodiscard]] bool has_unsent() const { return sent_ < last_number_; }

  [[nodiscard]] boost::json::object memory() const;
  /// Goes on where another process was; the playlist has been restored. `done`: the last command
  /// that its deck did (those after it are unsent); `playing`: the item on it.
  base::Result<void> restore(const boost::json::object& memory, std::uint64_t done,
                             mixer::DeckItem playing);

 private:
  [[nodiscard]] bool plays(std::string_view item_id) const;
  /// The status as people are to see it.
  [[nodiscard]] mixer::DeckStatus shown() const;
  void tell();
  void tell_ended(const mixer::ItemEnded& ended) const;
  base::Result<void> play(const link::Command& command);
  void pause();
  void stop();
  base::Result<void> skip(const link::Command& command);
  base::Result<void> seek(const link::Command& command);
  void start(const link::QueueItem& item, std::int64_t position_ms, bool is_paused);
  void start_over_queue(const link::QueueItem& item, const std::string& over_item_id,
                        std::int64_t position_ms);
  void send(const mixer::DeckCommand& command);

  Playlist& playlist_;
  StageSink& sink_;
  /// What was asked of the deck last, which it may not have done yet.
  mixer::DeckItem asked_ = mixer::kNoItem;
  mixer::DeckState asked_state_ = mixer::DeckState::kStopped;
  mixer::DeckStatus status_;
  std::optional<mixer::DeckState> state_before_;  // before play_queue()
  bool has_bed_ = false;
  /// What the bed took the place of, and where that stood.
  mixer::DeckItem set_aside_ = mixer::kNoItem;
  std::int64_t set_aside_at_ = 0;

  /// The last that were given, numbered on end; those after sent_ are still to go to the floor.
  std::deque<NumberedDeckCommand> commands_;
  std::uint64_t last_number_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace shelcaster::app
