#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <utility>

#include "app/mix/deck/dead_air.hpp"
#include "app/mix/deck/deck_player.hpp"
#include "app/mix/floor/floor_messages.hpp"
#include "app/mix/floor/stage_sink.hpp"
#include "base/time.hpp"

namespace shelcaster::app {

/// Carries out what DeadAir judges: puts the queue or a bed on the deck, ramped by the deck's
/// strip, and gives the deck back as it was. Where there is neither it only tells. On the stage
/// thread.
class Fallback {
 public:
  Fallback(DeckPlayer& deck, StageSink& sink) : deck_(deck), sink_(sink) {}

  /// From now on; asks the floor for the reports that are needed.
  void apply(const DeadAir::Rules& rules);
  void handle_air(base::Instant now, const AirReport& report);
  void handle_timeout(base::Instant now);
  [[nodiscard]] base::Instant next_timeout() const { return next_step_; }
  /// Somebody commands the deck: it is theirs at once, as they believe it to be.
  void give_way(base::Instant now);

  /// Whether there is something new to remember since this was last asked.
  [[nodiscard]] bool take_changed() { return std::exchange(has_changed_, false); }
  [[nodiscard]] boost::json::object memory() const;
  /// `is_deck_kept`: what was started goes on; else only the counts do.
  void restore(base::Instant now, const boost::json::object& memory, bool is_deck_kept);

  [[nodiscard]] const DeadAir::Counts& counts() const { return dead_air_.counts(); }
  /// What plays in the programme's place: "queue" or "bed"; "nothing" if there is nothing that
  /// could; "" while the programme is not silent.
  [[nodiscard]] std::string_view playing() const;

 private:
  enum class Step {
    kIdle,
    kReady,  // the strip goes to silence, then the deck starts
    kRampIn,
    kOn,
    kRampOut,
    kLeave,  // the deck is given back; once it is quiet the strip opens again
  };

  void begin(base::Instant now, std::string_view what);
  void begin_empty();
  void end_empty(base::Instant now, std::string_view reason);
  void end(base::Instant now, std::string_view reason);
  void take_deck(base::Instant now);
  void leave_deck(base::Instant now);
  void step_ramp(base::Instant now);
  void tell_end(base::Instant now, std::string_view reason);
  void watch();
  void set_gain(float linear);

  DeckPlayer& deck_;
  StageSink& sink_;
  DeadAir dead_air_;
  int watched_every_blocks_ = 0;
  bool has_bed_ = false;  // what is on the deck, or will be, is the bed and not the queue
  Step step_ = Step::kIdle;
  base::Instant step_began_;
  base::Instant next_step_ = base::Instant::never();
  float gain_ = 1.0F;
  float ramp_from_ = 0.0F;
  bool has_changed_ = false;
};

}  // namespace shelcaster::app
