#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "link/messages.hpp"
#include "rtc/media/media_session.hpp"

namespace shelcaster::app {

/// A line's counters as what people are shown of it: shares over the time between two reports, and
/// a tenth as the smallest step. Stage thread.
class SeatStatsMeter {
 public:
  /// `stats` of one session, in order. The first report has nothing to compare with: its share of
  /// concealed sound is 0.
  link::SeatStats read(base::Instant now, const rtc::MediaStats& stats);

 private:
  struct Before {
    base::Instant at;
    std::uint64_t concealed_samples = 0;
  };
  std::optional<Before> before_;
};

}  // namespace shelcaster::app
