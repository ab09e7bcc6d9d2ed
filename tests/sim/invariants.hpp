#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "audio/block.hpp"
#include "base/time.hpp"
#include "ear.hpp"
#include "tone_bank.hpp"

namespace shelcaster::sim {

/// What must hold at every moment of a show, whatever people and networks do, judged from outside:
/// by what was asked of the desk, what went into the microphones, and what came out. The world
/// tells the first two as they happen and passes on the third.
///
/// A voice must be in the programme, and in every return but its own, within a bounded time after
/// it was let in and its network works, at the level that the faders say; and not at all within a
/// bounded time after it was taken out. Between, neither is asked. Sound is looked at in stretches
/// of 200 ms.
class Invariants {
 public:
  // The bounded times.
  static constexpr base::Duration kDeskActs = std::chrono::milliseconds(150);
  static constexpr base::Duration kSpeechArrives = std::chrono::milliseconds(1200);
  static constexpr base::Duration kSpeechIsOver = std::chrono::seconds(3);
  static constexpr float kLevelTolerateDb = 1.5F;
  static constexpr float kAbsentDb = -57.0F;  // a voice has −44, or −52 by its faders
  static constexpr double kDelayMsMax = 100;

  /// Sources count from 0. `is_person`: it has a return of its own and needs a network.
  std::size_t add_source(std::string name, double tone_hz, bool is_person);

  /// The desk lets it in (at this level of its tone) or keeps it out.
  void set_gate(std::size_t source, base::Instant now, bool is_open, float level_db);
  /// It may be let in or kept out from now on, and nothing says which.
  void note_gate(std::size_t source, base::Instant now);
  /// Another return is given to this listener from now on.
  void note_return(std::size_t listener, base::Instant now);
  /// It says something or falls silent.
  void set_speech(std::size_t source, base::Instant now, bool speaks);
  /// From `due` on its network is good and it must be heard; never(): nothing can be asked.
  void set_due(std::size_t source, base::Instant due);

  /// Every block of the programme, and what the tape has in its place.
  void check_block(base::Instant now, const audio::StereoBlock& programme,
                   const audio::StereoBlock& taped);
  void check_return(std::size_t listener, const Heard& heard);
  /// Delay in the jitter buffer of a source that has been due for `calm`.
  void check_delay(base::Instant now, std::size_t source, double delay_ms);
  /// A condition of another kind.
  void expect(bool holds, base::Instant now, const std::string& what);

  [[nodiscard]] base::Instant due(std::size_t source) const { return sources_[source].due; }

  struct Counts {
    std::int64_t present = 0, absent = 0, undecided = 0, own_absent = 0, delays = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] bool hold() const { return violation_count_ == 0; }
  /// The first ones, a line each; empty if all held.
  [[nodiscard]] std::string violations() const;
  [[nodiscard]] double delay_ms_max() const { return delay_ms_max_; }
  /// The mixer died then.
  void note_crash(base::Instant at) { crashed_at_ = at; }
  /// Another one begins, in silence.
  void note_new_programme(base::Instant at);
  [[nodiscard]] float worst_click() const { return worst_click_; }

 private:
  struct Source {
    std::string name;
    std::size_t tone = 0;
    bool is_person = false;
    bool gate_is_open = false;
    float level_db = 0;
    base::Instant gate_changed_at{};
    /// Of the last seconds: a return is judged when it has arrived.
    std::vector<base::Instant> return_changes{};
    bool speaks = false;
    base::Instant speech_changed_at{};
    base::Instant due = base::Instant::never();
  };
  enum class Asked { kPresent, kAbsent, kNothing };
  [[nodiscard]] static Asked asked_of(const Source& source, base::Instant from);
  void check_source(const Source& source, const Heard& heard, const std::string& where);
  void check_absent(const Source& source, float db, base::Instant at, const std::string& where);
  void check_smooth(base::Instant now, const audio::StereoBlock& programme);
  void violate(base::Instant now, const std::string& what);

  ToneBank tones_;
  std::vector<Source> sources_;
  Heard look_{};  // of the programme, being gathered
  std::size_t look_size_ = 0;
  float before_ = 0;  // the programme's last samples
  float before_that_ = 0;
  float worst_click_ = 0;
  base::Instant crashed_at_;
  double delay_ms_max_ = 0;
  Counts counts_;
  std::int64_t violation_count_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace shelcaster::sim
