#include "invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace shelcaster::sim {
namespace {

/// Longest second difference of the programme. All voices in phase have 0.001; one of them cut off
/// at its peak has 0.006.
constexpr float kClick = 0.004F;
/// Where a voice on a bad network was being made up when the mixer died: as at a lost packet.
constexpr float kClickAfterCrash = 0.0058F;
constexpr base::Duration kCrashIsHeard = std::chrono::milliseconds(100);
/// No return comes later than that after it was sent.
constexpr base::Duration kReturnsAreLate = std::chrono::seconds(5);
constexpr std::size_t kViolationsKept = 80;

double seconds_of(base::Instant at) { return static_cast<double>(at.nanoseconds()) * 1e-9; }

}  // namespace

std::size_t Invariants::add_source(std::string name, double tone_hz, bool is_person) {
  sources_.push_back(
      {.name = std::move(name), .tone = tones_.add(tone_hz), .is_person = is_person});
  return sources_.size() - 1;
}

void Invariants::set_gate(std::size_t source, base::Instant now, bool is_open, float level_db) {
  Source& s = sources_[source];
  if (s.gate_is_open == is_open && s.level_db == level_db) return;
  s.gate_is_open = is_open;
  s.level_db = level_db;
  note_gate(source, now);
}

void Invariants::note_gate(std::size_t source, base::Instant now) {
  sources_[source].gate_changed_at = now;
  note_return(source, now);
}

void Invariants::note_return(std::size_t listener, base::Instant now) {
  std::vector<base::Instant>& changes = sources_[listener].return_changes;
  std::erase_if(changes, [&](base::Instant at) { return now - at > kReturnsAreLate; });
  changes.push_back(now);
}

void Invariants::set_speech(std::size_t source, base::Instant now, bool speaks) {
  Source& s = sources_[source];
  if (s.speaks == speaks) return;
  s.speaks = speaks;
  s.speech_changed_at = now;
}

void Invariants::set_due(std::size_t source, base::Instant due) { sources_[source].due = due; }

void Invariants::note_new_programme(base::Instant at) {
  crashed_at_ = at;
  look_size_ = 0;
  before_ = before_that_ = 0;
}

Invariants::Asked Invariants::asked_of(const Source& source, base::Instant from) {
  const bool gate_is_settled = from - source.gate_changed_at >= kDeskActs;
  const base::Duration spoken_for = from - source.speech_changed_at;
  if (!source.gate_is_open && gate_is_settled) return Asked::kAbsent;
  if (!source.speaks && spoken_for >= kSpeechIsOver) return Asked::kAbsent;
  const bool is_present = source.gate_is_open && gate_is_settled && source.speaks &&
                          spoken_for >= kSpeechArrives && from >= source.due;
  return is_present ? Asked::kPresent : Asked::kNothing;
}

void Invariants::check_source(const Source& source, const Heard& heard, const std::string& where) {
  const Asked asked = asked_of(source, heard.from);
  if (asked == Asked::kNothing) {
    ++counts_.undecided;
    return;
  }
  const float db = tones_.level_db(heard.sound, source.tone);
  if (asked == Asked::kAbsent) {
    ++counts_.absent;
    check_absent(source, db, heard.until, where);
    return;
  }
  ++counts_.present;
  if (std::abs(db - source.level_db) > kLevelTolerateDb) {
    violate(heard.until, fmt::format("{} is at {:.1f} dB in {} instead of {:.1f}", source.name, db,
                                     where, source.level_db));
  }
}

void Invariants::check_absent(const Source& source, float db, base::Instant at,
                              const std::string& where) {
  if (db <= kAbsentDb) return;
  violate(at, fmt::format("{} is at {:.1f} dB in {}, where nothing of it may be", source.name, db,
                          where));
}

void Invariants::check_block(base::Instant now, const audio::StereoBlock& programme,
                             const audio::StereoBlock& taped) {
  if (programme != taped) violate(now, "the tape has something else than the programme");
  check_smooth(now, programme);
  if (look_size_ == 0) look_.from = now;
  for (std::size_t i = 0; i < programme.size(); i += 2 * kLookStep) {
    look_.sound[look_size_++] = programme[i];
  }
  if (look_size_ < kLookSamples) return;
  look_size_ = 0;
  look_.until = now;
  for (const Source& source : sources_) check_source(source, look_, "the programme");
}

void Invariants::check_smooth(base::Instant now, const audio::StereoBlock& programme) {
  float worst = 0;
  bool is_finite = true;
  for (std::size_t i = 0; i < programme.size(); i += 2) {
    const float sample = programme[i];
    const float bend = std::abs(sample - 2 * before_ + before_that_);
    worst = bend > worst ? bend : worst;
    is_finite = is_finite && std::abs(sample) < 8.0F && std::abs(programme[i + 1]) < 8.0F;
    before_that_ = before_;
    before_ = sample;
  }
  worst_click_ = std::max(worst_click_, worst);
  if (!is_finite) violate(now, "the programme has a sample that is no number");
  const bool is_resuming = now - crashed_at_ < kCrashIsHeard;
  const float allowed = is_resuming ? kClickAfterCrash : kClick;
  if (worst > allowed) violate(now, fmt::format("the programme has a click of {:.4f}", worst));
}

void Invariants::check_return(std::size_t listener, const Heard& heard) {
  const Source& own = sources_[listener];
  // One return gives way to the other, which has another delay, when they are put on or off the
  // air.
  const bool is_settled = std::ranges::none_of(own.return_changes, [&](base::Instant at) {
    return heard.from - at < kDeskActs && at <= heard.until;
  });
  if (!is_settled) return;
  const std::string where = "the return of " + own.name;
  for (const Source& source : sources_) {
    if (&source != &own) {
      check_source(source, heard, where);
      continue;
    }
    ++counts_.own_absent;
    check_absent(own, tones_.level_db(heard.sound, own.tone), heard.until, where);
  }
}

void Invariants::check_delay(base::Instant now, std::size_t source, double delay_ms) {
  ++counts_.delays;
  delay_ms_max_ = std::max(delay_ms_max_, delay_ms);
  if (delay_ms > kDelayMsMax) {
    violate(now, fmt::format("{} is still {:.0f} ms late", sources_[source].name, delay_ms));
  }
}

void Invariants::expect(bool holds, base::Instant now, const std::string& what) {
  if (!holds) violate(now, what);
}

void Invariants::violate(base::Instant now, const std::string& what) {
  ++violation_count_;
  if (violations_.size() < kViolationsKept) {
    violations_.push_back(fmt::format("{:9.3f} s: {}", seconds_of(now), what));
  }
}

std::string Invariants::violations() const {
  std::string text;
  for (const std::string& line : violations_) text += line + '\n';
  const auto kept = static_cast<std::int64_t>(violations_.size());
  if (violation_count_ > kept) text += fmt::format("and {} more\n", violation_count_ - kept);
  return text;
}

}  // namespace shelcaster::sim
