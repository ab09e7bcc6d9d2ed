#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/detail/alert_book.hpp"
#include "control/detail/core.hpp"
#include "control/live_board.hpp"

namespace shelcaster::control::detail {

/// The raised alerts of a show as they are stored: [{kind, outputId, detail, since}], the oldest
/// first.
boost::json::array alerts_json(Core&, const studio::ShowId&);
/// How many are raised, of all shows.
std::map<AlertKind, int> count_alerts(const Core&);
/// Clears what is raised of a show that is deleted, and tells the Alarms when the change is
/// committed. Its log goes with it.
void prepare_end_of_alerts(Core&, const studio::Show&, const std::string& why, Change&);

/// Looks once a second at every show that runs: what its alert book raises or clears is committed
/// (as an event, and as the show's raised alerts, so that everybody sees them and the next process
/// goes on with them) and then handed to the Alarms.
class AlertWatch {
 public:
  /// Once, at the start: takes up what the last process had raised.
  void recover(Core&);
  void handle_tick(Core&, const LiveBoard&);

 private:
  void look(Core&, const LiveBoard&, const studio::ShowId&);
  /// Throws when the store fails; the book stays as it was then, to say the same at the next look.
  void take(Core&, const studio::Show&, const AlertBook& next, const std::vector<AlertChange>&);

  std::map<studio::ShowId, AlertBook> books_;
  std::optional<base::Instant> looked_at_;
};

}  // namespace shelcaster::control::detail
