#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

struct Desk;

/// Tells desks what changes without an event: viewers and the composition's figures. A frame
/// `status` goes out when it would differ from the last one, at most once a second; and also
/// unchanged now and then, so that a client can tell a quiet show from a dead connection.
class StatusFeed {
 public:
  void handle_tick(Desk&);

 private:
  void tell(Desk&, const studio::ShowId&);

  struct Told {
    std::string text;
    base::Instant at;
  };
  std::optional<base::Instant> looked_at_;
  std::map<studio::ShowId, Told> told_;
};

}  // namespace shelcaster::control::detail
