#include "app/serve/import_queue.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::app {

using control::Wanted;
using studio::TrackId;

namespace {

bool is_wanted(const control::ImportJob& job) { return job.wanted != Wanted::kNot; }

}  // namespace

void ImportQueue::add(control::ImportJob job, bool is_short) {
  waiting_.push_back({.job = std::move(job), .is_short = is_short});
}

void ImportQueue::set_wanted(const TrackId& id, Wanted wanted) {
  if (const auto found = running_.find(id); found != running_.end()) {
    Place& place = found->second;
    const bool is_wanted = wanted != Wanted::kNot;
    place.is_wanted = is_wanted && (place.is_wanted || has_wanted_place(place.owner));
  }
  for (Waiting& waiting : waiting_) {
    if (waiting.job.track_id == id) waiting.job.wanted = wanted;
  }
}

std::optional<control::ImportJob> ImportQueue::remove(const TrackId& id) {
  const auto found = std::ranges::find_if(
      waiting_, [&](const Waiting& waiting) { return waiting.job.track_id == id; });
  if (found == waiting_.end()) return std::nullopt;
  control::ImportJob job = std::move(found->job);
  waiting_.erase(found);
  return job;
}

std::size_t ImportQueue::places_of(const std::string& owner) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      running_, [&](const auto& place) { return place.second.owner == owner; }));
}

bool ImportQueue::has_wanted_place(const std::string& owner) const {
  std::size_t wanted = 0, of_owner = 0;
  for (const auto& [id, place] : running_) {
    if (!place.is_wanted) continue;
    ++wanted;
    if (place.owner == owner) ++of_owner;
  }
  return wanted < limits_.wanted_max && (owner.empty() || of_owner < limits_.wanted_per_owner_max);
}

bool ImportQueue::has_place(const Waiting& waiting) const {
  if (is_wanted(waiting.job) && has_wanted_place(waiting.job.owner)) return true;
  const bool is_fetch = !waiting.job.url.empty();
  std::size_t like_it = 0, of_owner = 0;
  for (const auto& [id, place] : running_) {
    if (place.is_wanted || place.is_fetch != is_fetch) continue;
    ++like_it;
    if (place.owner == waiting.job.owner) ++of_owner;
  }
  if (is_fetch) return like_it < limits_.fetches_max && of_owner < limits_.fetches_per_owner_max;
  return like_it < limits_.uploads_max + (waiting.is_short ? 1 : 0);
}

std::optional<control::ImportJob> ImportQueue::take_next() {
  auto next = waiting_.end();
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    if (!has_place(*at)) continue;
    const bool is_first = next == waiting_.end();
    if (!is_first && is_wanted(next->job) != is_wanted(at->job)) {
      if (is_wanted(at->job)) next = at;
    } else if (is_first || places_of(at->job.owner) < places_of(next->job.owner)) {
      next = at;
    }
  }
  if (next == waiting_.end()) return std::nullopt;
  control::ImportJob job = std::move(next->job);
  waiting_.erase(next);
  running_[job.track_id] = {.owner = job.owner,
                            .is_fetch = !job.url.empty(),
                            .is_wanted = is_wanted(job) && has_wanted_place(job.owner)};
  return job;
}

}  // namespace shelcaster::app
