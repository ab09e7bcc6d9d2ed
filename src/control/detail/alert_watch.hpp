#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/detail/alert_book.hpp"
#include "control/detail/core.hpp"
#include "control/detail/show_runner.hpp"

namespace shelcaster::control::detail {

/// Looks once a second at every show that runs: what its alert book raises or clears is committed
/// (as an event, and as the show's raised alerts, so that the next process goes on with them) and
/// then handed to the Alarms.
class AlertWatch {
 public:
  /// Once, at the start: takes up what the last process had raised.
  void recover(Core&);
  void handle_tick(Core&, const ShowRunner&);
  /// Clears what there is of a show that goes away.
  void end(Core&, const studio::Show&, const std::string& why);

  /// [{kind, outputId, detail, since}], the oldest first.
  [[nodiscard]] boost::json::array alerts_json(const studio::ShowId&) const;
  [[nodiscard]] std::map<AlertKind, int> count() const;

 private:
  void look(Core&, const ShowRunner&, const studio::ShowId&);
  /// Throws when the store fails; the book stays as it was then, to say the same at the next look.
  void commit(Core&, const studio::Show&, const AlertBook& next, const std::vector<AlertChange>&);

  std::map<studio::ShowId, AlertBook> books_;
  std::optional<base::Instant> looked_at_;
};

}  // namespace shelcaster::control::detail
