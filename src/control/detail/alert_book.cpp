#include "control/detail/alert_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace shelcaster::control::detail {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration kOutputDownMax = 30s;
constexpr base::Duration kHeartbeatMax = 10s;
constexpr base::Duration kProgrammeBadMax = 10s;
constexpr base::Duration kClipWindow = 10s;
constexpr std::int64_t kClipMsMax = 3'000;  // in the window; one clipped sample shows for 1 s

std::string sentence_of(const std::vector<std::string>& problems) {
  std::string all;
  for (const std::string& problem : problems) all += (all.empty() ? "" : "; ") + problem;
  return all;
}

std::string what_fills(std::string_view fallback) {
  if (fallback == "queue") return "the queue is playing";
  if (fallback == "bed") return "the standby music is playing";
  return "nothing is playing: the queue is empty, and the standby music is turned off";
}

}  // namespace

std::string_view to_string(AlertKind kind) {
  switch (kind) {
    case AlertKind::kOutputDown:
      return "output_down";
    case AlertKind::kHeartbeatLost:
      return "heartbeat_lost";
    case AlertKind::kClipping:
      return "clipping";
    case AlertKind::kOutputSilentOrBroken:
      return "output_silent_or_broken";
    case AlertKind::kDeadAir:
      return "dead_air";
    case AlertKind::kDiskFailing:
      return "disk_failing";
    case AlertKind::kStateRefused:
      return "state_refused";
  }
  std::abort();
}

std::optional<AlertKind> parse_alert_kind(std::string_view text) {
  const auto* found = std::find_if(kAlertKinds.begin(), kAlertKinds.end(),
                                   [&](AlertKind kind) { return to_string(kind) == text; });
  return found == kAlertKinds.end() ? std::nullopt : std::optional(*found);
}

bool AlertBook::is_raised(const Cause& cause) const {
  return std::any_of(raised_.begin(), raised_.end(), [&](const Alert& alert) {
    return alert.kind == cause.first && alert.output_id == cause.second;
  });
}

bool AlertBook::is_bad_for(const Cause& cause, base::Duration longest, base::Instant now) {
  const base::Instant since = bad_since_.try_emplace(cause, now).first->second;
  return now - since > longest;
}

void AlertBook::raise(const Cause& cause, std::string detail, base::WallTime wall,
                      Changes& changes) {
  if (is_raised(cause)) return;
  raised_.push_back({cause.first, cause.second, std::move(detail), wall});
  changes.push_back({raised_.back(), true, {}});
}

void AlertBook::reword(const Cause& cause, std::string detail) {
  for (Alert& alert : raised_) {
    if (alert.kind == cause.first && alert.output_id == cause.second) {
      alert.detail = std::move(detail);
    }
  }
}

void AlertBook::clear(const Cause& cause, std::string detail, Changes& changes) {
  bad_since_.erase(cause);
  const auto found = std::find_if(raised_.begin(), raised_.end(), [&](const Alert& alert) {
    return alert.kind == cause.first && alert.output_id == cause.second;
  });
  if (found == raised_.end()) return;
  Alert cleared = std::move(*found);
  cleared.detail = std::move(detail);
  raised_.erase(found);
  changes.push_back({std::move(cleared), false, {}});
}

std::vector<AlertChange> AlertBook::update(const AlertFacts& facts, base::Instant now,
                                           base::WallTime wall) {
  Changes changes;
  judge_heartbeat(facts, now, wall, changes);
  judge_outputs(facts, now, wall, changes);
  judge_clipping(facts, now, wall, changes);
  judge_programme(facts, now, wall, changes);
  judge_dead_air(facts, wall, changes);
  judge_disk(facts, wall, changes);
  judge_state(facts, wall, changes);
  return changes;
}

void AlertBook::judge_heartbeat(const AlertFacts& facts, base::Instant now, base::WallTime wall,
                                Changes& changes) {
  const Cause cause{AlertKind::kHeartbeatLost, ""};
  const bool is_first_look = !heartbeat_at_;
  if (is_first_look || heartbeat_ != facts.heartbeat) {
    heartbeat_ = facts.heartbeat;
    heartbeat_at_ = now;
    if (heartbeat_) clear(cause, "the show's processes report again", changes);
  }
  if (now - *heartbeat_at_ > kHeartbeatMax) {
    raise(cause, "the show's processes have not reported for more than 10 s", wall, changes);
  }
}

void AlertBook::judge_outputs(const AlertFacts& facts, base::Instant now, base::WallTime wall,
                              Changes& changes) {
  // What was removed can't come back.
  std::vector<Cause> gone;
  const auto note_if_gone = [&](AlertKind kind, const std::string& id) {
    if (kind != AlertKind::kOutputDown) return;
    if (std::none_of(facts.outputs.begin(), facts.outputs.end(),
                     [&](const AlertFacts::Output& output) { return output.id == id; })) {
      gone.emplace_back(kind, id);
    }
  };
  for (const Alert& alert : raised_) note_if_gone(alert.kind, alert.output_id);
  for (const auto& [id, off_air] : off_air_) note_if_gone(AlertKind::kOutputDown, id);
  for (const Cause& cause : gone) {
    off_air_.erase(cause.second);
    revisions_.erase(cause.second);
    clear(cause, fmt::format("the output {} was removed", cause.second), changes);
  }
  // What was said of a destination is untrue of the one that took its place.
  for (const AlertFacts::Output& output : facts.outputs) {
    const auto known = revisions_.try_emplace(output.id, output.revision).first;
    if (known->second == output.revision) continue;
    known->second = output.revision;
    off_air_.erase(output.id);
    clear({AlertKind::kOutputDown, output.id},
          fmt::format("the output {} leads to another destination now", output.id), changes);
  }
  // An old report doesn't say how the outputs do; that it is old is an alert of its own.
  if (!heartbeat_ || now - *heartbeat_at_ > kHeartbeatMax) return;
  for (const AlertFacts::Output& output : facts.outputs) {
    const Cause cause{AlertKind::kOutputDown, output.id};
    OffAir& off_air = off_air_[output.id];
    off_air.look(output.is_connected, now);
    if (off_air.is_steady(now)) {
      clear(cause, fmt::format("the output {} is connected again", output.id), changes);
    } else if (off_air.sum() > kOutputDownMax) {
      const std::string detail = fmt::format(
          "the output {} has been off the air for more than 30 s of the last two minutes{}{}",
          output.id, output.detail.empty() ? "" : ": ", output.detail);
      const bool is_new = !is_raised(cause);
      raise(cause, detail, wall, changes);
      if (is_new) changes.back().problem = output.problem;
      if (!output.detail.empty()) reword(cause, detail);
    }
  }
}

void AlertBook::judge_clipping(const AlertFacts& facts, base::Instant now, base::WallTime wall,
                               Changes& changes) {
  if (!facts.clip_ms) return;
  // The count of a new mixer begins anew.
  if (!clips_.empty() && *facts.clip_ms < clips_.back().second) clips_.clear();
  clips_.emplace_back(now, *facts.clip_ms);
  while (clips_.size() > 1 && clips_[1].first <= now - kClipWindow) clips_.pop_front();
  const std::int64_t shown_ms = clips_.back().second - clips_.front().second;
  const Cause cause{AlertKind::kClipping, ""};
  if (shown_ms >= kClipMsMax) {
    raise(cause, "the programme has clipped in at least 3 of the last 10 s: turn it down", wall,
          changes);
  } else if (shown_ms == 0 && clips_.front().first <= now - kClipWindow) {
    clear(cause, "the programme has not clipped for 10 s", changes);
  }
}

void AlertBook::judge_programme(const AlertFacts& facts, base::Instant now, base::WallTime wall,
                                Changes& changes) {
  const Cause broken{AlertKind::kOutputSilentOrBroken, ""};
  if (facts.output_problems.empty()) {
    clear(broken, "what is published is as it should be again", changes);
  } else if (is_bad_for(broken, kProgrammeBadMax, now)) {
    raise(
        broken,
        "what is published has been bad for more than 10 s: " + sentence_of(facts.output_problems),
        wall, changes);
  }
}

void AlertBook::judge_dead_air(const AlertFacts& facts, base::WallTime wall, Changes& changes) {
  const Cause cause{AlertKind::kDeadAir, ""};
  if (!facts.fallback) return;
  if (facts.fallback->empty()) {
    clear(cause, "the programme is no longer silent or filled", changes);
  } else {
    const std::string detail = "the programme has been silent; " + what_fills(*facts.fallback);
    raise(cause, detail, wall, changes);
    reword(cause, detail);
  }
}

void AlertBook::judge_disk(const AlertFacts& facts, base::WallTime wall, Changes& changes) {
  const Cause cause{AlertKind::kDiskFailing, ""};
  if (!facts.disk_problem) return;
  if (facts.disk_problem->empty()) {
    clear(cause, "the data folder can be written again", changes);
  } else {
    raise(
        cause,
        "the data folder can't be written, and the show goes on without it: " + *facts.disk_problem,
        wall, changes);
  }
}

void AlertBook::judge_state(const AlertFacts& facts, base::WallTime wall, Changes& changes) {
  const Cause cause{AlertKind::kStateRefused, ""};
  if (facts.state_problem.empty()) {
    clear(cause, "the mixer is told again what is wanted", changes);
  } else {
    raise(cause, facts.state_problem, wall, changes);
  }
}

std::vector<AlertChange> AlertBook::fail(const std::string& error, base::WallTime wall) {
  const Cause broken{AlertKind::kOutputSilentOrBroken, ""};
  Changes changes;
  raise(broken, "the show has failed: " + error, wall, changes);
  const std::vector<Alert> before = raised_;
  for (const Alert& alert : before) {
    const Cause cause{alert.kind, alert.output_id};
    if (cause != broken) clear(cause, "the show has failed", changes);
  }
  *this = AlertBook(std::move(raised_));
  return changes;
}

std::vector<AlertChange> AlertBook::end(const std::string& why) {
  Changes changes;
  const std::vector<Alert> before = raised_;
  for (const Alert& alert : before) clear({alert.kind, alert.output_id}, why, changes);
  *this = AlertBook();
  return changes;
}

}  // namespace shelcaster::control::detail
