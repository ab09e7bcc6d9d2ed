#include "control/detail/status_feed.hpp"

#include <set>
#include <utility>

#include "control/detail/desk.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration kLookEvery = 1s;
/// The pages take 45 s of silence for a dead connection.
constexpr base::Duration kRepeatEvery = 20s;

}  // namespace

void StatusFeed::handle_tick(Desk& desk) {
  Core& core = desk.core;
  const base::Instant now = core.ports.clock.now();
  if (looked_at_ && now - *looked_at_ < kLookEvery) return;
  looked_at_ = now;
  const std::set<studio::ShowId> watched = core.hub.shows_at_desks();
  std::erase_if(told_, [&](const auto& entry) { return !watched.contains(entry.first); });
  for (const studio::ShowId& id : watched) {
    core.contained(id.str(), [&] { tell(desk, id); });
  }
}

void StatusFeed::tell(Desk& desk, const studio::ShowId& id) {
  const auto show = desk.core.find_show(id);
  if (!show) return;
  const base::Instant now = desk.core.ports.clock.now();
  const boost::json::object frame = status_frame(desk, *show);
  std::string text = boost::json::serialize(frame);
  Told& told = told_[id];
  if (told.text == text && now - told.at < kRepeatEvery) return;
  told = {std::move(text), now};
  desk.core.hub.publish_live(id, {}, frame, false);
}

}  // namespace shelcaster::control::detail
