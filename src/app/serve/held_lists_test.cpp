#include "app/serve/held_lists.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

class FixedClock final : public control::Clock {
 public:
  [[nodiscard]] base::Instant now() const override { return {}; }
  [[nodiscard]] base::WallTime wall() const override { return {}; }
};

class HeldListsTest : public testing::Test {
 protected:
  /// How many of so many requests wait; the others are answered at once.
  std::size_t waiting(const std::string& show, std::string_view address, std::size_t requests) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < requests; ++i) {
      held_.hold(
          show, address, [] { return runtime::HttpResponse{}; },
          [&](const runtime::HttpResponse& response) {
            refused += response.status == 503 ? 1 : 0;
          });
    }
    return requests - refused;
  }

  boost::asio::io_context io_;
  FixedClock clock_;
  HeldLists held_{io_, clock_, "/nowhere", [](const std::string&) { return true; }};
};

TEST_F(HeldListsTest, OneAddressHoldsNoMoreThanItsShare) {
  EXPECT_EQ(waiting("a", "192.0.2.1", 100), HeldLists::kWaitersOfAddressMax);
  EXPECT_EQ(waiting("b", "192.0.2.1", 10), 0U) << "of all shows together";
  EXPECT_EQ(waiting("a", "192.0.2.2", 10), 10U);
  EXPECT_EQ(waiting("a", "2001:db8::1", 100), HeldLists::kWaitersOfAddressMax);
  EXPECT_EQ(waiting("a", "2001:db8::2", 10), 0U);
}

TEST_F(HeldListsTest, OneShowLeavesRoomForAnother) {
  std::size_t held = 0;
  for (int i = 0; i < 200; ++i) held += waiting("a", fmt::format("192.0.2.{}", i), 10);
  EXPECT_EQ(held, HeldLists::kWaitersOfShowMax);
  EXPECT_EQ(waiting("b", "198.51.100.1", 10), 10U);
}

}  // namespace
}  // namespace shelcaster::app
