// The ShowWorld when a keeper gives the orders: what it is given is told to the invariants.
#include <algorithm>
#include <stdexcept>

#include "audio/db.hpp"
#include "show_setting.hpp"
#include "show_world.hpp"
#include "witness.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;

constexpr base::Duration kTick = milliseconds(10);
constexpr float kTracklistVolume = 0.3F;

}  // namespace

void ShowWorld::set_keeper(MixerKeeper& keeper) {
  keeper_ = &keeper;
  mixer_.reset();
  invariants_.note_new_programme(now_);
  begin_programme();
}

bool ShowWorld::give(const link::KeeperToMix& message) {
  if (!mixer_ || is_dead_in_record_) return false;
  // By the link, as it is written there.
  const boost::json::object sent = link::to_json(message);
  const auto arrived = link::parse<link::KeeperToMix>(sent);
  if (!arrived) throw std::runtime_error(arrived.error().message);
  witness(now_, "keeper to mixer", boost::json::serialize(sent));
  if (const auto* desired = std::get_if<link::Desired>(&message)) take_desired(*desired);
  if (std::holds_alternative<link::Command>(message)) {
    await_feeder();
    invariants_.note_gate(deck_source_, now_);  // PLAY and PAUSE at once make no report
  }
  mixer_->stage->handle_link(now_, arrived->value());
  return true;
}

void ShowWorld::take_desired(const link::Desired& desired) {
  if (desired.version < desired_taken_) return;
  desired_taken_ = desired.version;
  const bool is_bus_moved = callers_volume_ != desired.routing.callers_volume;
  callers_volume_ = desired.routing.callers_volume;
  for (const auto& person : people_) {
    const auto seat = std::ranges::find(desired.seats, person->id, &link::Seat::participant_id);
    person->is_seated = seat != desired.seats.end();
    if (!person->is_seated) continue;
    const bool is_moved = person->is_on_air != seat->is_on_air ||
                          person->is_muted != seat->controls.is_muted ||
                          person->volume != seat->controls.volume;
    if (person->is_on_air != seat->is_on_air) invariants_.note_return(person->source, now_);
    person->is_on_air = seat->is_on_air;
    person->is_muted = seat->controls.is_muted;
    person->volume = seat->controls.volume;
    if (is_moved || is_bus_moved) tell_gate(*person);
  }
}

/// It has to read before the deck is heard.
void ShowWorld::await_feeder() {
  invariants_.set_due(deck_source_, std::max(now_ + milliseconds(500), deck_ramps_until_));
}

void ShowWorld::note_deck(const link::DeckReport& deck) {
  const bool plays = deck.state == "PLAYING";
  if (deck.item_id != deck_item_ || deck.state != deck_state_) await_feeder();
  deck_item_ = deck.item_id;
  deck_state_ = deck.state;
  deck_position_ms_ = deck.position_ms;
  invariants_.set_gate(deck_source_, now_, plays,
                       plays ? kDeckToneDb + audio::linear_to_db(kTracklistVolume) : 0.0F);
}

/// It comes and goes by a ramp of the deck's strip, as app/mix/deck/fallback says.
void ShowWorld::note_fallback(bool has_begun) {
  is_in_fallback_ = has_begun;
  deck_ramps_until_ = now_ + milliseconds(2'600);
  await_feeder();
}

void ShowWorld::crash_everything(const std::function<bool()>& is_ready) {
  witness(now_, "everything dies");
  mixer_.reset();
  is_mixer_down_ = true;
  is_dead_in_record_ = false;
  last_record_share_.reset();
  has_no_socket_ = true;
  waiting_.clear();
  while (!is_ready()) {
    step_until(now_ + kTick);
    for (const auto& person : people_) note_speech(*person);
    each_tick_(now_);
  }
  has_no_socket_ = false;
  is_mixer_down_ = false;
  desired_taken_ = -1;
  deck_state_ = "STOPPED";
  is_in_fallback_ = false;
  invariants_.set_gate(deck_source_, now_, false, 0);
  invariants_.note_new_programme(now_);
  begin_programme();
  next_feed_at_ = now_;
  keeper_->handle_mixer_started();
  for (const auto& person : people_) {
    person->disturbed_at = now_;
    if (person->wants_in) person->reopen_at = now_ + kPageNotices;
    note_health(*person);
  }
}

}  // namespace shelcaster::sim
