#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/mix/playlist.hpp"
#include "app/mix/stage_sink.hpp"
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

  /// DECK_PLAY, DECK_PAUSE, DECK_STOP, DECK_SKIP, DECK_SEEK.
  base::Result<void> command(const link::Command& command);
  /// Takes a deck up that played before this process began. Ignored if the item is not queued.
  void resume(const link::DeckHint& hint);

  void handle_event(const mixer::DeckEvent& event);
  void handle_status(const mixer::DeckStatus& status);
  /// Each second while it plays, so that a page need not count by itself.
  void tell();

  struct Position {
    std::string item_id;  // empty: stopped
    std::int64_t frames = 0;
    mixer::DeckState state = mixer::DeckState::kStopped;
  };
  [[nodiscard]] Position position() const;

 private:
  [[nodiscard]] bool plays(std::string_view item_id) const;
  base::Result<void> play(const link::Command& command);
  base::Result<void> seek(const link::Command& command);
  void start(const link::QueueItem& item, std::int64_t position_ms, bool is_paused);
  void send(const mixer::DeckCommand& command) { sink_.to_floor(command); }

  Playlist& playlist_;
  StageSink& sink_;
  /// What was asked of the deck last, which it may not have done yet.
  mixer::DeckItem asked_ = mixer::kNoItem;
  mixer::DeckState asked_state_ = mixer::DeckState::kStopped;
  mixer::DeckStatus status_;
};

}  // namespace shelcaster::app
