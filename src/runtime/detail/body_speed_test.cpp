#include "runtime/detail/body_speed.hpp"

#include <gtest/gtest.h>

namespace shelcaster::runtime::detail {
namespace {

using namespace std::chrono_literals;

/// When a body that comes at one speed is given up, or has come.
std::chrono::seconds ended(std::uint64_t bytes_per_second, std::uint64_t length, bool& is_whole) {
  const HttpServerOptions options;
  for (auto taken = 0s;; taken += 1s) {
    const std::uint64_t bytes = bytes_per_second * static_cast<std::uint64_t>(taken.count());
    is_whole = bytes >= length;
    if (is_whole || is_too_slow(options, true, taken, bytes)) return taken;
  }
}

constexpr std::uint64_t kKib = 1024;
constexpr std::uint64_t kMib = 1024 * kKib;

TEST(BodySpeed, LetsAPhoneUploadASongAndARecording) {
  bool is_whole = false;
  (void)ended(30 * kKib, 10 * kMib, is_whole);
  EXPECT_TRUE(is_whole) << "a song at a quarter of a Mbit/s";
  (void)ended(100 * kKib, 200 * kMib, is_whole);
  EXPECT_TRUE(is_whole) << "an evening at 0.8 Mbit/s";
  (void)ended(200 * kKib, 1024 * kMib, is_whole);
  EXPECT_TRUE(is_whole) << "the largest at 1.6 Mbit/s";
}

TEST(BodySpeed, EndsAGigabyteThatDribbles) {
  bool is_whole = true;
  EXPECT_LT(ended(9 * kKib, 1024 * kMib, is_whole), 6min);
  EXPECT_FALSE(is_whole);
  EXPECT_LT(ended(60 * kKib, 1024 * kMib, is_whole), 90min);
  EXPECT_FALSE(is_whole);
  EXPECT_LE(ended(100 * kKib, 1024 * kMib, is_whole), 2h + 1s);
  EXPECT_FALSE(is_whole);
  EXPECT_LE(ended(1, 1024 * kMib, is_whole), 31s);
}

TEST(BodySpeed, GivesABodyThatIsNotForAFileHalfAMinute) {
  const HttpServerOptions options;
  EXPECT_FALSE(is_too_slow(options, false, 30s, 1));
  EXPECT_TRUE(is_too_slow(options, false, 31s, 100 * kMib));
}

}  // namespace
}  // namespace shelcaster::runtime::detail
