#include "app/keeper/held.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

using std::chrono::milliseconds;

TEST(Held, HasATapeWhoseBlocksBeginWithThoseOfEveryOtherShow) {
  std::vector<base::Duration> between_clocks;
  for (int show = 0; show < 21; ++show) {
    const auto held = make_held({}, {});
    ASSERT_TRUE(held) << held.error().message;
    const tape::Epoch& epoch = held->tape_reader.epoch();
    EXPECT_EQ(epoch.monotonic.nanoseconds() % base::Duration(milliseconds(10)).count(), 0);
    const base::Duration since = runtime::SystemClock::now() - epoch.monotonic;
    EXPECT_GE(since.count(), 0);
    const milliseconds wall_since(runtime::SystemClock::wall().unix_ms() - epoch.wall.unix_ms());
    between_clocks.push_back(std::chrono::abs(wall_since - since));
    std::this_thread::sleep_for(std::chrono::microseconds(1'700));
  }
  // The wall's clock counts whole milliseconds, and we are sometimes held up between the two.
  const auto median = between_clocks.begin() + 10;
  std::ranges::nth_element(between_clocks, median);
  EXPECT_LE(*median, milliseconds(2));
}

}  // namespace
}  // namespace shelcaster::app
