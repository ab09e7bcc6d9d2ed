#include "control/detail/supervisor.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/log.hpp"
#include "control/detail/lifecycle.hpp"

namespace shelcaster::control::detail {

using studio::ShowId;
using studio::ShowStatus;
using namespace std::chrono_literals;

namespace {

constexpr int kFailuresMax = 3;  // of keepers in a row; with one more the show is in ERROR
// A keeper whose show ran for so long didn't end for what it is, but for what was done to it.
constexpr base::Duration kSteady = 1s;
constexpr base::Duration kStoreRetry = 2s;
/// Rings may be lost.
constexpr base::Duration kSweepEvery = 60s;

}  // namespace

void Supervisor::recover() {
  for (const studio::Show& show : core_.shows()) {
    attempt(show.id, [&] { recover(show); });
  }
}

template <typename Work>
void Supervisor::attempt(const ShowId& id, Work work) {
  if (!core_.contained(id.str(), work)) {
    watches_[id].look_again_at = core_.ports.clock.now() + kStoreRetry;
  }
}

void Supervisor::recover(const studio::Show& show) {
  if (!has_runner(show)) return;
  const base::Instant now = core_.ports.clock.now();
  Watch& watch = watches_[show.id];
  watch.task_number = show.task_number;
  watch.is_stopping = show.status == ShowStatus::kStopping;
  watch.deadline = now + kStoreRetry;  // unless what follows says otherwise: the store may fail
  if (stages_.find(show.id)) {
    watch.deadline = now + core_.config.redial_timeout;
  } else if (show.status == ShowStatus::kLive) {
    // Whatever ended it ended the last control plane too: it is no failure of the show's own.
    watch.running_since = now - kSteady;
    relaunch(show);
  } else if (show.status == ShowStatus::kStarting) {
    launch(show);
  } else {
    stop(show);
  }
}

void Supervisor::handle_ring(const ShowId& id, Changed what) {
  if (what != Changed::kShow && what != Changed::kLink) return;
  attempt(id, [&] { look(id); });
}

void Supervisor::look(const ShowId& id) {
  const auto show = core_.find_show(id);
  if (!show || !has_runner(*show)) {
    watches_.erase(id);
    return;
  }
  Watch& watch = watches_[id];
  if (watch.has_ended) return take_end(*show);
  if (!watch.failure.empty() && !watch.deadline) watch.deadline = core_.ports.clock.now();
  if (show->status == ShowStatus::kStopping && !watch.is_stopping) {
    watch.is_stopping = true;
    watch.deadline = core_.ports.clock.now() + core_.config.stop_timeout;
  }
  // A number that is new is a composition that somebody wants.
  if (is_up(*show) && show->task_number > watch.task_number) return launch(*show);
  look_at_link(*show, watch);
}

void Supervisor::look_at_link(const studio::Show& show, Watch& watch) {
  const base::Instant now = core_.ports.clock.now();
  const Seen before = watch.seen;
  const LiveShow* live = board_.find(show.id);
  watch.seen =
      live == nullptr ? Seen{} : Seen{live->link_number, live->is_connected, live->is_running};
  const bool is_new_link = watch.seen.link_number != before.link_number;
  if (watch.seen.is_running && (is_new_link || !before.is_running)) {
    if (!watch.is_stopping) watch.deadline.reset();
    watch.running_since = now;
  } else if (watch.seen.is_connected && is_new_link && !watch.is_stopping) {
    watch.deadline = now + core_.config.start_timeout;
  } else if (before.is_connected && !watch.seen.is_connected) {
    watch.deadline = now + core_.config.redial_timeout;
  }
  // It can't start so; at the next tick, since whoever asked is in the middle of something.
  if (show.status == ShowStatus::kStarting && live != nullptr && !live->state_problem.empty()) {
    watch.deadline = now;
  }
}

/// A launch that fails makes the show ERROR.
void Supervisor::launch(const studio::Show& show) {
  Watch& watch = watches_[show.id];
  watch.task_number = show.task_number;
  watch.is_stopping = false;
  watch.running_since.reset();
  watch.failure.clear();
  watch.deadline = core_.ports.clock.now() + core_.config.start_timeout;
  ++core_.counters["shelcaster_launches_total"];
  const bool is_resumed = show.status == ShowStatus::kLive;
  const auto launched = stages_.launch({show.id, show.title, is_resumed});
  if (!launched) fail(show, launched.error().message);
}

void Supervisor::relaunch(const studio::Show& show) {
  Watch& watch = watches_[show.id];
  const base::Instant now = core_.ports.clock.now();
  const bool was_steady = watch.running_since && now - *watch.running_since >= kSteady;
  watch.failures = was_steady ? 0 : watch.failures + 1;
  if (watch.failures > kFailuresMax) {
    fail(show,
         fmt::format("the show's processes ended {} times in a row before they ran{}{}",
                     watch.failures, watch.last_end.empty() ? "" : "; the last: ", watch.last_end));
    return;
  }
  studio::Show again = show;
  (void)core_.try_commit_made([&](Change& change) {
    again = core_.show(show.id);
    ++again.task_number;
    again.composition_status = studio::CompositionStatus::kStarting;
    change.put(again);
    change.event(show.id, "composition_relaunched", {{"taskNumber", again.task_number}});
    // Before its ring comes, and also where the store can't take it.
    watch.task_number = again.task_number;
  });
  launch(again);
}

void Supervisor::stop(const studio::Show& show) {
  const auto stopped = commit_stopped(core_, show.id);
  if (!stopped) {
    watches_[show.id].deadline = core_.ports.clock.now() + kStoreRetry;
    return;
  }
  watches_.erase(show.id);
  ask_.reply_all(show.id, {stopped->status, {}});
}

void Supervisor::fail(const studio::Show& show, const std::string& why) {
  base::log::warn("control", "{} failed: {}", show.id.str(), why);
  watches_[show.id].deadline.reset();
  watches_[show.id].failure = why;
  stages_.kill(show.id);
  const auto failed = commit_error(core_, show, why);
  if (!failed) {
    watches_[show.id].deadline = core_.ports.clock.now() + kStoreRetry;
    return;
  }
  ask_.reply_all(show.id, {failed->status, why});
}

void Supervisor::handle_stage_exit(const ShowId& id, std::string_view detail) {
  if (!watches_.contains(id)) return;
  base::log::warn("control", "the keeper of {} ended: {}", id.str(), detail);
  watches_[id].last_end = detail;
  watches_[id].has_ended = true;
  attempt(id, [&] { look(id); });
}

void Supervisor::take_end(const studio::Show& show) {
  watches_[show.id].has_ended = false;  // what is committed rings, and is looked at
  try {
    if (show.status == ShowStatus::kStopping) {
      stop(show);
    } else if (watches_[show.id].failure.empty()) {  // else it was killed for that
      relaunch(show);
    }
  } catch (const Refusal&) {
    watches_[show.id].has_ended = true;
    throw;
  }
}

void Supervisor::expire(const ShowId& id) {
  // Unless what follows says otherwise: the store may fail.
  watches_[id].deadline = core_.ports.clock.now() + kStoreRetry;
  const auto show = core_.find_show(id);
  if (!show || !has_runner(*show)) {
    if (!show) stages_.kill(id);
    watches_.erase(id);
    return;
  }
  const LiveShow* live = board_.find(id);
  const bool is_told = live != nullptr && !live->state_problem.empty();
  if (show->status == ShowStatus::kStopping) {
    stages_.kill(id);
    stop(*show);
  } else if (const std::string failure = watches_[id].failure; !failure.empty()) {
    fail(*show, failure);
  } else if (show->status == ShowStatus::kStarting) {
    fail(*show, is_told ? live->state_problem : "the show's processes didn't come up in time");
  } else {
    // The keeper hasn't dialled back, or a relaunched one hasn't come up.
    stages_.kill(id);
    relaunch(*show);
  }
}

void Supervisor::sweep() {
  for (const studio::Show& show : core_.shows()) {
    if (!has_runner(show)) continue;
    attempt(show.id, [&] {
      look(show.id);
      const auto watch = watches_.find(show.id);
      const LiveShow* live = board_.find(show.id);
      if (watch == watches_.end() || watch->second.deadline) return;
      if (live != nullptr && live->is_connected) return;
      if (!stages_.find(show.id)) watch->second.deadline = core_.ports.clock.now();
    });
  }
}

void Supervisor::handle_tick() {
  const base::Instant now = core_.ports.clock.now();
  if (!swept_at_ || now - *swept_at_ >= kSweepEvery) {
    swept_at_ = now;
    core_.contained("the sweep of shows", [&] { sweep(); });
  }
  std::vector<ShowId> again;
  std::vector<ShowId> due;
  for (auto& [id, watch] : watches_) {
    if (watch.look_again_at && *watch.look_again_at <= now) {
      watch.look_again_at.reset();
      again.push_back(id);
    }
    if (watch.deadline && *watch.deadline <= now) due.push_back(id);
  }
  for (const ShowId& id : again) attempt(id, [&] { look(id); });
  for (const ShowId& id : due) attempt(id, [&] { expire(id); });
}

}  // namespace shelcaster::control::detail
