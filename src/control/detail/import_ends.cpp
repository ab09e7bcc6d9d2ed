#include "control/detail/import_ends.hpp"

#include "control/detail/desk.hpp"
#include "control/detail/handlers.hpp"

namespace shelcaster::control::detail {

void ImportEnds::take(Desk& desk, const ImportProgress& report) {
  if (!is_settled(desk, report)) waiting_.insert_or_assign(report.track_id, Waiting{report});
}

void ImportEnds::handle_tick(Desk& desk) {
  while (!waiting_.empty() && desk.core.may_try_again()) {
    const auto first = waiting_.begin();
    if (is_settled(desk, first->second.report)) {
      waiting_.erase(first);
      continue;
    }
    // The store takes nothing, or else it is this one's own trouble: the others come first then.
    if (!desk.core.may_try_again()) return;
    if (++first->second.tries == kTriesMax) waiting_.erase(first);
    return;
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
