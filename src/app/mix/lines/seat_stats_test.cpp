#include "app/mix/lines/seat_stats.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

TEST(SeatStats, CarryEachFigureOfTheLineInTenths) {
  rtc::MediaStats stats;
  stats.loss_percent = 6.96F;
  stats.concealed_percent = 2.54F;
  stats.jitter_ms = 9.01F;
  stats.delay_ms = 61.24F;
  stats.rtt_ms = 30.0F;
  stats.drift_ppm = -187.26F;
  stats.remote_loss_percent = 1.04F;
  const link::SeatStats told = seat_stats_of(stats);
  EXPECT_EQ(told.loss_percent, 7.0);
  EXPECT_EQ(told.concealed_percent, 2.5);
  EXPECT_EQ(told.jitter_ms, 9.0);
  EXPECT_EQ(told.delay_ms, 61.2);
  EXPECT_EQ(told.rtt_ms, 30.0);
  EXPECT_EQ(told.drift_ppm, -187.3);
  EXPECT_EQ(told.return_loss_percent, 1.0);
}

TEST(SeatStats, LeaveOutADriftThatNobodyHasMeasured) {
  EXPECT_FALSE(seat_stats_of(rtc::MediaStats()).drift_ppm.has_value());
}

}  // namespace
}  // namespace shelcaster::app
