// The mixer's process dies in the middle of a show, and another one goes on.
#include <gtest/gtest.h>

#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void expect_kept(const ShowWorld& world) {
  EXPECT_TRUE(world.invariants().hold()) << world.invariants().violations();
}

/// A host and two callers on the air, music, and one who waits.
void fill(ShowWorld& world) {
  world.join("host", {.tone_hz = 400, .is_host = true});
  world.join("ada", {.tone_hz = 500});
  world.join("ben", {.tone_hz = 600});
  world.join("eve", {.tone_hz = 700, .is_on_air = false});
  world.deck("DECK_PLAY");
  world.run(seconds(6));
}

TEST(MixerCrash, IsHeardByNobodyAndEndsNoSession) {
  for (const int down_ms : {30, 100, 240, 400}) {
    ShowWorld world(17);
    fill(world);
    const std::size_t sessions = world.session_count();
    for (int crash = 0; crash < 10; ++crash) {
      world.crash_mixer(milliseconds(down_ms));
      EXPECT_EQ(world.session_count(), sessions);
      world.run(milliseconds(1'000 + 70 * crash));
    }
    for (std::size_t person = 0; person < world.people(); ++person) {
      EXPECT_TRUE(world.is_connected(person));
    }
    expect_kept(world);
  }
}

}  // namespace
}  // namespace shelcaster::sim
