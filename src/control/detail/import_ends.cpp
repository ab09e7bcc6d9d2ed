#include "control/detail/import_ends.hpp"

#include "control/detail/desk.hpp"
#include "control/detail/handlers.hpp"

namespace shelcaster::control::detail {

void ImportEnds::take(Desk& desk, const ImportProgress& report) {
  if (is_settled(desk, report)) return;
  waiting_.insert_or_assign(report.track_id, report);
  again_at_ = desk.core.ports.clock.now() + kTryAgainEvery;
}

void ImportEnds::handle_tick(Desk& desk) {
  const base::Instant now = desk.core.ports.clock.now();
  if (waiting_.empty() || now < again_at_) return;
  for (std::size_t left = waiting_.size(); left > 0; --left) {
    auto one = waiting_.upper_bound(last_tried_);
    if (one == waiting_.end()) one = waiting_.begin();
    last_tried_ = one->first;
    if (!is_settled(desk, one->second)) {
      again_at_ = now + kTryAgainEvery;
      return;
    }
    waiting_.erase(one);
  }
}

bool ImportEnds::is_settled(Desk& desk, const ImportProgress& report) {
  bool is_settled = false;
  desk.core.contained(report.track_id.str(), [&] {
    try {
      if (desk.core.find_track(report.track_id)) {
        take_import_progress(desk, report);
      } else {
        // Deleted meanwhile. The track never knew of its cover.
        desk.core.ports.media.remove(report.track_id);
        if (!report.cover.empty()) desk.core.ports.media.remove_cover(report.cover);
      }
      is_settled = true;
    } catch (const Refusal& refusal) {
      // Anything else would be refused again.
      is_settled = refusal.problem.status != 503;
      throw;
    }
  });
  return is_settled;
}

}  // namespace shelcaster::control::detail
