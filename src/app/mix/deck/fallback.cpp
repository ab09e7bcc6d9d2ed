#include "app/mix/deck/fallback.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <exception>

#include "base/log.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr base::Duration kRampIn = std::chrono::seconds(2);
constexpr base::Duration kRampOut = std::chrono::seconds(1);
constexpr base::Duration kRampStep = std::chrono::milliseconds(40);
/// Longer than the ramp of a strip and the fades of the deck.
constexpr base::Duration kSettle = std::chrono::milliseconds(60);

// Multiples of the floor's seven, so that a stage that is woken by levels is not woken once more.
constexpr int kBlocksInSilence = 49;
constexpr int kBlocksInFallback = 7;

float part_of(base::Duration time, base::Duration whole) {
  return std::clamp(static_cast<float>(time.count()) / static_cast<float>(whole.count()), 0.0F,
                    1.0F);
}

}  // namespace

void Fallback::apply(const DeadAir::Rules& rules) {
  dead_air_.set_rules(rules);
  watch();
}

void Fallback::watch() {
  int every = 0;
  const DeadAir::Fallback fallback = dead_air_.fallback();
  // One that was begun is ended by a report, also when the rules have been turned off meanwhile.
  const bool has_rules = dead_air_.rules().after > base::Duration::zero();
  if (has_rules || fallback == DeadAir::Fallback::kEmpty) every = kBlocksInSilence;
  if (fallback == DeadAir::Fallback::kQueue || fallback == DeadAir::Fallback::kBed) {
    every = kBlocksInFallback;
  }
  if (every == watched_every_blocks_) return;
  watched_every_blocks_ = every;
  sink_.to_floor(WatchAir{every});
}

void Fallback::handle_air(base::Instant now, const AirReport& report) {
  // The deck changes hands: what it does says nothing.
  if (step_ == Step::kReady || step_ == Step::kRampOut || step_ == Step::kLeave) return;
  const bool was_empty = dead_air_.fallback() == DeadAir::Fallback::kEmpty;
  const DeadAir::Verdict verdict = dead_air_.judge(
      now, {.programme_peak_db = report.programme_peak_db, .voice_db = report.voice_db},
      {.plays = deck_.plays(), .has_queue = deck_.has_queue()});
  switch (verdict) {
    case DeadAir::Verdict::kNothing:
      return;
    case DeadAir::Verdict::kStartQueue:
      has_bed_ = false;
      return begin(now, "queue");
    case DeadAir::Verdict::kStartBed:
      has_bed_ = true;
      return begin(now, "bed");
    case DeadAir::Verdict::kStartEmpty:
      return begin_empty();
    case DeadAir::Verdict::kEndForSound:
      return end_empty(now, "sound");
    case DeadAir::Verdict::kEndForVoice:
      return end(now, "voice");
    case DeadAir::Verdict::kEndForSilence:
      if (was_empty) return end_empty(now, "silence");
      return end(now, "silence");
    case DeadAir::Verdict::kEnd:
      return end(now, "queue_end");
  }
}

void Fallback::begin(base::Instant now, std::string_view what) {
  // The queue has run out: the bed takes its place.
  if (step_ != Step::kIdle) deck_.leave_queue();
  set_gain(0.0F);
  step_ = Step::kReady;
  next_step_ = now + kSettle;
  has_changed_ = true;
  watch();
  sink_.to_link(
      link::DeadAirStarted{.started = std::string(what), .is_false = dead_air_.is_false()});
}

void Fallback::begin_empty() {
  has_changed_ = true;
  watch();
  sink_.to_link(link::DeadAirStarted{.started = "nothing", .is_false = false});
}

void Fallback::end_empty(base::Instant now, std::string_view reason) {
  has_changed_ = true;
  watch();
  tell_end(now, reason);
}

void Fallback::take_deck(base::Instant now) {
  if (has_bed_) {
    deck_.start_bed();
  } else {
    deck_.play_queue();
  }
  step_ = Step::kRampIn;
  step_began_ = now;
  next_step_ = now + kRampStep;
  has_changed_ = true;
}

void Fallback::end(base::Instant now, std::string_view reason) {
  step_ = Step::kRampOut;
  step_began_ = now;
  next_step_ = now + kRampStep;
  ramp_from_ = gain_;
  has_changed_ = true;
  watch();
  tell_end(now, reason);
}

void Fallback::tell_end(base::Instant now, std::string_view reason) {
  sink_.to_link(
      link::DeadAirEnded{.reason = std::string(reason),
                         .lasted_ms = (now - dead_air_.started_at()) / std::chrono::milliseconds(1),
                         .is_false = dead_air_.is_false()});
}

void Fallback::leave_deck(base::Instant now) {
  if (has_bed_) {
    deck_.end_bed();
  } else {
    deck_.leave_queue();
  }
  step_ = Step::kLeave;
  next_step_ = now + kSettle;
  has_changed_ = true;
}

void Fallback::give_way(base::Instant now) {
  if (dead_air_.fallback() == DeadAir::Fallback::kEmpty) {
    dead_air_.end();
    return end_empty(now, "deck");
  }
  if (step_ == Step::kIdle) return;
  dead_air_.end();
  if (step_ != Step::kRampOut && step_ != Step::kLeave) tell_end(now, "deck");
  if (has_bed_) {
    deck_.end_bed();
  } else {
    deck_.keep_queue();
  }
  set_gain(1.0F);
  step_ = Step::kIdle;
  next_step_ = base::Instant::never();
  has_changed_ = true;
  watch();
}

void Fallback::handle_timeout(base::Instant now) {
  if (now < next_step_) return;
  switch (step_) {
    case Step::kReady:
      return take_deck(now);
    case Step::kRampIn:
    case Step::kRampOut:
      return step_ramp(now);
    case Step::kLeave:
      set_gain(1.0F);
      step_ = Step::kIdle;
      has_changed_ = true;
      break;
    case Step::kIdle:
    case Step::kOn:
      break;
  }
  next_step_ = base::Instant::never();
}

/// Equal steps of amplitude would leap out of the silence; squared they grow as the ear expects.
void Fallback::step_ramp(base::Instant now) {
  next_step_ = now + kRampStep;
  if (step_ == Step::kRampIn) {
    const float part = part_of(now - step_began_, kRampIn);
    set_gain(part * part);
    if (part < 1.0F) return;
    step_ = Step::kOn;
    next_step_ = base::Instant::never();
    return;
  }
  const float left = 1.0F - part_of(now - step_began_, kRampOut);
  set_gain(ramp_from_ * left * left);
  if (left > 0.0F) return;
  leave_deck(now);
}

void Fallback::set_gain(float linear) {
  gain_ = linear;
  sink_.to_floor(mixer::Command(mixer::SetStrip{kDeckStrip, {.gain = linear}}));
}

std::string_view Fallback::playing() const {
  if (dead_air_.fallback() == DeadAir::Fallback::kNone) return "";
  if (dead_air_.fallback() == DeadAir::Fallback::kEmpty) return "nothing";
  return has_bed_ ? "bed" : "queue";
}

json::object Fallback::memory() const {
  return {{"isOn", dead_air_.fallback() != DeadAir::Fallback::kNone},
          {"isEmpty", dead_air_.fallback() == DeadAir::Fallback::kEmpty},
          {"isOnDeck", step_ == Step::kRampIn || step_ == Step::kOn || step_ == Step::kRampOut},
          {"hasBed", has_bed_},
          {"fallbacks", dead_air_.counts().fallbacks},
          {"falseFallbacks", dead_air_.counts().false_fallbacks}};
}

void Fallback::restore(base::Instant now, const json::object& memory, bool is_deck_kept) try {
  dead_air_.restore({.fallbacks = memory.at("fallbacks").to_number<std::uint64_t>(),
                     .false_fallbacks = memory.at("falseFallbacks").to_number<std::uint64_t>()});
  set_gain(1.0F);  // in whatever ramp the process before died
  if (memory.at("isEmpty").as_bool()) dead_air_.resume(now, DeadAir::Fallback::kEmpty);
  if (!is_deck_kept || !memory.at("isOnDeck").as_bool()) return;
  has_bed_ = memory.at("hasBed").as_bool();
  if (!memory.at("isOn").as_bool()) {
    if (has_bed_) return deck_.end_bed();
    return deck_.leave_queue();
  }
  dead_air_.resume(now, has_bed_ ? DeadAir::Fallback::kBed : DeadAir::Fallback::kQueue);
  step_ = Step::kOn;
} catch (const std::exception& error) {
  base::log::error("stage", "dead air: {}", error.what());
}

}  // namespace shelcaster::app
