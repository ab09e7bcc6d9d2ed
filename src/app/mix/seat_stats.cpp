#include "app/mix/seat_stats.hpp"

#include <algorithm>
#include <cmath>

namespace shelcaster::app {
namespace {

double tenths(double value) { return std::round(value * 10) / 10; }
double tenths(float value) { return tenths(static_cast<double>(value)); }

}  // namespace

link::SeatStats SeatStatsMeter::read(base::Instant now, const rtc::MediaStats& stats) {
  double concealed_percent = 0;
  // The counter falls when another SSRC has taken the line over.
  if (before_ && now > before_->at && stats.concealed_samples >= before_->concealed_samples) {
    const auto made_up = static_cast<double>(stats.concealed_samples - before_->concealed_samples);
    const auto played = static_cast<double>(base::to_samples(now - before_->at));
    concealed_percent = std::min(100.0, 100 * made_up / std::max(1.0, played));
  }
  before_ = {now, stats.concealed_samples};
  return {.loss_percent = tenths(stats.loss_percent),
          .concealed_percent = tenths(concealed_percent),
          .jitter_ms = tenths(stats.jitter_ms),
          .delay_ms = tenths(stats.delay_ms),
          .rtt_ms = tenths(stats.rtt_ms),
          .drift_ppm = std::nullopt,
          .return_loss_percent = tenths(stats.remote_loss_percent)};
}

}  // namespace shelcaster::app
