#include "app/mix/seat_stats.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

TEST(SeatStatsMeter, TellsConcealedSoundAsAShareOfTheTimeBetweenReports) {
  SeatStatsMeter meter;
  const auto start = base::Instant::from_nanoseconds(1'000'000'000);
  rtc::MediaStats stats;
  stats.concealed_samples = 48'000;
  EXPECT_EQ(meter.read(start, stats).concealed_percent, 0) << "nothing to compare with";
  stats.concealed_samples += 4'800;
  EXPECT_EQ(meter.read(start + 2s, stats).concealed_percent, 5.0);
  EXPECT_EQ(meter.read(start + 4s, stats).concealed_percent, 0);
  stats.concealed_samples = 10;
  EXPECT_EQ(meter.read(start + 6s, stats).concealed_percent, 0) << "another SSRC counts anew";
}

TEST(SeatStatsMeter, RoundsFiguresToTenths) {
  SeatStatsMeter meter;
  rtc::MediaStats stats;
  stats.loss_percent = 6.96F;
  stats.delay_ms = 61.24F;
  stats.remote_loss_percent = 1.04F;
  const link::SeatStats told = meter.read(base::Instant::from_nanoseconds(0), stats);
  EXPECT_EQ(told.loss_percent, 7.0);
  EXPECT_EQ(told.delay_ms, 61.2);
  EXPECT_EQ(told.return_loss_percent, 1.0);
}

}  // namespace
}  // namespace shelcaster::app
