// What a DeckPlayer does while nobody is heard, and how the deck is given back.
#include "app/mix/deck/deck_player.hpp"
#include "app/mix/deck/standby_bed.hpp"

namespace shelcaster::app {

bool DeckPlayer::has_queue() const {
  if (asked_state_ == mixer::DeckState::kStopped) return playlist_.first().has_value();
  const auto item = playlist_.find(asked_);
  return item && playlist_.find_queued(item->item_id).has_value();
}

void DeckPlayer::play_queue() {
  state_before_ = asked_state_;
  // A queue that was emptied meanwhile has ended already.
  (void)play({});
}

void DeckPlayer::leave_queue() {
  const auto before = std::exchange(state_before_, std::nullopt);
  if (asked_state_ != mixer::DeckState::kPlaying) return;
  if (before == mixer::DeckState::kPaused) {
    asked_state_ = mixer::DeckState::kPaused;
    return send(mixer::DeckPause{});
  }
  asked_ = mixer::kNoItem;
  asked_state_ = mixer::DeckState::kStopped;
  send(mixer::DeckStop{});
}

bool DeckPlayer::is_bed(mixer::DeckItem item) const {
  const auto found = playlist_.find(item);
  return found && found->path == kStandbyPath;
}

void DeckPlayer::start_bed() {
  has_bed_ = true;
  set_aside_ = asked_;
  set_aside_at_ = status_.item == asked_ ? status_.position : 0;
  link::QueueItem bed;
  bed.item_id = "standby";
  bed.path = kStandbyPath;
  bed.title = "Standby";
  send(mixer::DeckPlay{.item = playlist_.begin(bed), .position = 0, .paused = false});
}

void DeckPlayer::end_bed() {
  if (!std::exchange(has_bed_, false)) return;
  const auto item = playlist_.find(set_aside_);
  if (!item) return send(mixer::DeckStop{});
  // A new play, since the deck tells of the one before that it was stopped.
  asked_ = playlist_.begin(*item);
  send(mixer::DeckPlay{.item = asked_, .position = set_aside_at_, .paused = true});
}

mixer::DeckStatus DeckPlayer::shown() const {
  if (!is_bed(status_.item)) return status_;
  mixer::DeckStatus status = status_;
  status.is_buffering = false;
  status.item = asked_;
  status.state = asked_ == mixer::kNoItem ? mixer::DeckState::kStopped : mixer::DeckState::kPaused;
  status.position = set_aside_at_;
  return status;
}

}  // namespace shelcaster::app
