#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace shelcaster::app {

/// Whether a programme has been silent for too long, and what is to be done about it. It only
/// judges: a Fallback plays and stops. Time comes in from outside.
class DeadAir {
 public:
  struct Rules {
    base::Duration after = base::Duration::zero();  // zero: never
    float threshold_db = -50.0F;
    bool has_bed = true;
    /// Declared: before this, silence is meant.
    base::Instant silence_until;
  };
  struct Air {
    float programme_peak_db = -120.0F;  // the highest since the last report
    float voice_db = -120.0F;           // of the loudest on the air who is not muted
  };
  /// Without what this has started itself.
  struct Deck {
    bool plays = false;  // by somebody's wish, or the queue as a fallback
    bool has_queue = false;
  };
  struct Counts {
    std::uint64_t fallbacks = 0;
    std::uint64_t false_fallbacks = 0;  // of these
  };
  /// kEmpty: there is nothing that could play, and somebody should know.
  enum class Fallback { kNone, kQueue, kBed, kEmpty };
  enum class Verdict {
    kNothing,
    kStartQueue,
    kStartBed,
    kStartEmpty,
    kEndForVoice,
    kEndForSound,
    kEndForSilence,
    kEnd,
  };

  void set_rules(const Rules& rules) { rules_ = rules; }
  [[nodiscard]] const Rules& rules() const { return rules_; }

  /// To be called with each report of the floor; the verdict is to be carried out at once.
  Verdict judge(base::Instant now, const Air& air, const Deck& deck);
  /// Somebody has taken the deck, or the show stops.
  void end() { end_fallback(); }
  /// What a process before had counted, and what it had started.
  void restore(const Counts& counts) { counts_ = counts; }
  void resume(base::Instant now, Fallback fallback);

  [[nodiscard]] Fallback fallback() const { return fallback_; }
  [[nodiscard]] base::Instant started_at() const { return started_at_; }
  /// Whether the last fallback proved needless: somebody was heard when it started, or soon after.
  [[nodiscard]] bool is_false() const { return is_false_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  Verdict judge_silence(base::Instant now, const Air& air, const Deck& deck);
  Verdict judge_fallback(base::Instant now, const Air& air, const Deck& deck);
  Verdict judge_empty(base::Instant now, const Air& air, const Deck& deck);
  Verdict start(base::Instant now, Fallback fallback, bool is_voice_heard);
  void note_false();
  void end_fallback();

  Rules rules_;
  std::optional<base::Instant> silent_since_;
  Fallback fallback_ = Fallback::kNone;
  base::Instant started_at_;
  bool is_false_ = false;
  Counts counts_;
  /// A voice that goes on through the start of a fallback doesn't bring it to its end: it had not
  /// kept the programme from being silent either, and the two would take turns for ever.
  bool has_voice_been_away_ = false;
  std::optional<base::Instant> voice_since_;
};

}  // namespace shelcaster::app
