#include "app/serve/viewer_window.hpp"

#include <functional>

namespace shelcaster::app {
namespace {

constexpr base::Duration kWindow = std::chrono::seconds(30);
// Bounds the memory that made-up requests can cost; a count this high is no longer exact.
constexpr std::size_t kViewersMax = 200'000;
constexpr std::size_t kShowsMax = 1'000;

}  // namespace

void ViewerWindow::forget_old(Seen& seen, base::Instant now) {
  std::erase_if(seen, [&](const auto& entry) { return now - entry.second > kWindow; });
}

void ViewerWindow::note(const std::string& show_id, std::string_view address,
                        std::string_view user_agent) {
  const std::hash<std::string_view> hash;
  const std::uint64_t viewer = hash(address) * 31U + hash(user_agent);
  const base::Instant now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (shows_.size() >= kShowsMax && !shows_.contains(show_id)) shows_.clear();
  Seen& seen = shows_[show_id];
  if (seen.size() >= kViewersMax) forget_old(seen, now);
  if (seen.size() < kViewersMax) seen[viewer] = now;
}

std::int64_t ViewerWindow::viewers(const studio::ShowId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = shows_.find(id.str());
  if (found == shows_.end()) return 0;
  forget_old(found->second, clock_.now());
  const auto count = static_cast<std::int64_t>(found->second.size());
  if (count == 0) shows_.erase(found);
  return count;
}

}  // namespace shelcaster::app
