#include "app/mix/deck/dead_air.hpp"

#include <chrono>

namespace shelcaster::app {
namespace {

/// A programme that was silent is no longer when it is so much above the threshold: hum that hovers
/// about it would put off the fallback for ever.
constexpr float kHysteresisDb = 3.0F;
/// A click or a cough is not a voice.
constexpr base::Duration kVoiceFor = std::chrono::milliseconds(300);
/// Who comes back so soon had only made a pause.
constexpr base::Duration kFalseWithin = std::chrono::seconds(3);

}  // namespace

DeadAir::Verdict DeadAir::judge(base::Instant now, const Air& air, const Deck& deck) {
  return fallback_ == Fallback::kNone ? judge_silence(now, air, deck)
                                      : judge_fallback(now, air, deck);
}

DeadAir::Verdict DeadAir::judge_silence(base::Instant now, const Air& air, const Deck& deck) {
  const float silent_below_db = rules_.threshold_db + (silent_since_ ? kHysteresisDb : 0.0F);
  const bool is_meant = rules_.after <= base::Duration::zero() || now < rules_.silence_until;
  // A quiet passage of a track that somebody plays is part of the show.
  if (is_meant || deck.plays || air.programme_peak_db >= silent_below_db) {
    silent_since_.reset();
    return Verdict::kNothing;
  }
  if (!silent_since_) silent_since_ = now;
  if (now - *silent_since_ < rules_.after) return Verdict::kNothing;
  const bool is_voice_heard = air.voice_db >= rules_.threshold_db;
  if (deck.has_queue) return start(now, Fallback::kQueue, is_voice_heard);
  return start(now, rules_.has_bed ? Fallback::kBed : Fallback::kEmpty, is_voice_heard);
}

DeadAir::Verdict DeadAir::judge_empty(base::Instant now, const Air& air, const Deck& deck) {
  const bool is_heard = air.programme_peak_db >= rules_.threshold_db + kHysteresisDb;
  if (is_heard || deck.plays) {
    end_fallback();
    return Verdict::kEndForSound;
  }
  const bool is_voice_heard = air.voice_db >= rules_.threshold_db;
  if (deck.has_queue) return start(now, Fallback::kQueue, is_voice_heard);
  if (rules_.has_bed) return start(now, Fallback::kBed, is_voice_heard);
  return Verdict::kNothing;
}

DeadAir::Verdict DeadAir::start(base::Instant now, Fallback fallback, bool is_voice_heard) {
  fallback_ = fallback;
  started_at_ = now;
  is_false_ = false;
  if (fallback == Fallback::kEmpty) return Verdict::kStartEmpty;
  ++counts_.fallbacks;
  if (is_voice_heard) note_false();
  has_voice_been_away_ = !is_voice_heard;
  voice_since_.reset();
  silent_since_.reset();
  return fallback == Fallback::kQueue ? Verdict::kStartQueue : Verdict::kStartBed;
}

DeadAir::Verdict DeadAir::judge_fallback(base::Instant now, const Air& air, const Deck& deck) {
  if (rules_.after <= base::Duration::zero() || now < rules_.silence_until) {
    end_fallback();
    return Verdict::kEndForSilence;
  }
  if (fallback_ == Fallback::kEmpty) return judge_empty(now, air, deck);
  if (air.voice_db < rules_.threshold_db) {
    has_voice_been_away_ = true;
    voice_since_.reset();
  } else if (!voice_since_) {
    voice_since_ = now;
  }
  if (has_voice_been_away_ && voice_since_ && now - *voice_since_ >= kVoiceFor) {
    if (now - started_at_ < kFalseWithin) note_false();
    end_fallback();
    return Verdict::kEndForVoice;
  }
  if (fallback_ == Fallback::kBed || deck.plays) return Verdict::kNothing;
  // The queue has run out.
  if (rules_.has_bed) {
    fallback_ = Fallback::kBed;
    return Verdict::kStartBed;
  }
  end_fallback();
  return Verdict::kEnd;
}

void DeadAir::note_false() {
  if (!is_false_) ++counts_.false_fallbacks;
  is_false_ = true;
}

void DeadAir::end_fallback() {
  fallback_ = Fallback::kNone;
  silent_since_.reset();
}

void DeadAir::resume(base::Instant now, Fallback fallback) {
  fallback_ = fallback;
  started_at_ = now;
  has_voice_been_away_ = true;
}

}  // namespace shelcaster::app
