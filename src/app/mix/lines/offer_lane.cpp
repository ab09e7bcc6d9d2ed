#include "app/mix/lines/offer_lane.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

/// An offer takes some 2 ms at the very most: those with a token may take two fifths of the stage
/// thread, those without a tenth.
constexpr std::array<base::Duration, OfferLane::kClasses> kPace{5ms, 20ms};

}  // namespace

OfferLane::Put OfferLane::put(Class of, Asker asker, Request request) {
  Queue& queue = queues_[static_cast<std::size_t>(of)];
  std::size_t of_this_one = 0;
  for (const Waiting& other : queue.waiting) {
    if (other.asker.session == asker.session) return Put::kTooManyOfOne;
    if (!asker.who.empty() && other.asker.who == asker.who) ++of_this_one;
  }
  if (of_this_one >= kPlacesPerAsker) return Put::kTooManyOfOne;
  if (queue.waiting.size() == kPlaces) return Put::kFull;
  queue.waiting.push_back({std::move(asker), std::move(request)});
  return Put::kTaken;
}

std::optional<OfferLane::Request> OfferLane::take(base::Instant now) {
  for (std::size_t i = 0; i < kClasses; ++i) {
    Queue& queue = queues_[i];
    if (queue.waiting.empty() || queue.not_before > now) continue;
    Request request = std::move(queue.waiting.front().request);
    queue.waiting.pop_front();
    queue.not_before = now + kPace[i];
    return request;
  }
  return std::nullopt;
}

base::Instant OfferLane::next() const {
  base::Instant next = base::Instant::never();
  for (const Queue& queue : queues_) {
    if (!queue.waiting.empty()) next = std::min(next, queue.not_before);
  }
  return next;
}

}  // namespace shelcaster::app
