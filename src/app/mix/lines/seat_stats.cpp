#include "app/mix/lines/seat_stats.hpp"

#include <cmath>
#include <optional>

namespace shelcaster::app {
namespace {

double tenths(float value) { return std::round(static_cast<double>(value) * 10) / 10; }

}  // namespace

link::SeatStats seat_stats_of(const rtc::MediaStats& stats) {
  const bool is_drift_known = std::abs(stats.drift_ppm) > 0;
  return {.loss_percent = tenths(stats.loss_percent),
          .concealed_percent = tenths(stats.concealed_percent),
          .jitter_ms = tenths(stats.jitter_ms),
          .delay_ms = tenths(stats.delay_ms),
          .rtt_ms = tenths(stats.rtt_ms),
          .drift_ppm = is_drift_known ? std::optional(tenths(stats.drift_ppm)) : std::nullopt,
          .return_loss_percent = tenths(stats.remote_loss_percent)};
}

}  // namespace shelcaster::app
