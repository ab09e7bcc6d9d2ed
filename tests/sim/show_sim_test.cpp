#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

constexpr float kHeardDb = -36.0F;   // a tone of −30 dBFS that came through
constexpr float kAbsentDb = -70.0F;  // 40 dB below it
constexpr base::Duration kListen = milliseconds(500);

float level(const std::vector<float>& stereo, double hz) {
  return audio::tone_level_db(stereo, 0, hz);
}

/// Listens for half a second and compares what the programme and each return should have with what
/// they have.
AssertionResult sounds_right(ShowWorld& world) {
  world.clear_recordings();
  world.run(kListen);
  for (const auto& [id, person] : world.people()) {
    const bool should_be_heard = person.is_present && person.is_on_air;
    const float db = level(world.programme(), person.tone_hz);
    if (should_be_heard != (db > kHeardDb) || (!should_be_heard && db > kAbsentDb)) {
      return AssertionFailure() << id << " is at " << db << " dB in the programme and should be "
                                << (should_be_heard ? "heard" : "absent");
    }
    for (const auto& [listener_id, listener] : world.people()) {
      if (!listener.is_present) continue;
      const float there = level(listener.heard, person.tone_hz);
      const bool hears = should_be_heard && listener_id != id;
      if (hears ? there < kHeardDb : there > kAbsentDb) {
        return AssertionFailure() << listener_id << " has " << id << " at " << there
                                  << " dB in the return, should be "
                                  << (hears ? "heard" : "absent");
      }
    }
  }
  return AssertionSuccess();
}

TEST(ShowSim, ACallerIsHeardOnTheAirAndOnlyThenAndNeverHearsThemselves) {
  ShowWorld world(1, {});
  world.join("host", 440, true);
  world.join("ada", 660, false);
  world.join("ben", 880, true);
  world.run(seconds(2));
  EXPECT_TRUE(sounds_right(world));
  world.set_on_air("ada", true);
  world.run(milliseconds(400));
  EXPECT_TRUE(sounds_right(world));
  world.set_on_air("ada", false);
  world.run(milliseconds(400));
  EXPECT_TRUE(sounds_right(world));
}

TEST(ShowSim, ARefreshIsTheSamePersonAndCostsTheOthersNothing) {
  ShowWorld world(2, {});
  world.join("host", 440, true);
  world.join("ada", 660, true);
  world.run(seconds(2));
  world.clear_recordings();
  world.refresh("ada");
  world.run(seconds(3));
  const auto& programme = world.programme();
  for (std::size_t at = 0; at + 9600 <= programme.size(); at += 9600) {
    const std::vector<float> window(programme.begin() + static_cast<std::ptrdiff_t>(at),
                                    programme.begin() + static_cast<std::ptrdiff_t>(at + 9600));
    EXPECT_GT(level(window, 440), kHeardDb) << "gap in the host at sample " << at / 2;
  }
  EXPECT_TRUE(sounds_right(world));
  EXPECT_EQ(world.session_count(), 2U);
}

TEST(ShowSim, WhoIsKickedIsGoneFromProgrammeAndStage) {
  ShowWorld world(3, {});
  world.join("host", 440, true);
  world.join("ada", 660, true);
  world.run(seconds(2));
  world.kick("ada");
  world.run(milliseconds(200));
  EXPECT_TRUE(sounds_right(world));
  EXPECT_EQ(world.session_count(), 1U);
}

TEST(ShowSim, TheTapeHasEveryBlock) {
  ShowWorld world(4, {});
  world.join("host", 440, true);
  world.run(seconds(5));
  EXPECT_EQ(world.tape().head(), world.next_block());
  std::vector<float> stretch(48'000 * 2);
  ASSERT_EQ(world.tape().read(world.next_block() - 48'000, stretch), tape::ReadResult::kOk);
  EXPECT_GT(level(stretch, 440), kHeardDb);
}

TEST(ShowSim, TheAudioThreadNeverAllocatesWhateverPeopleDo) {
  ShowWorld world(8, {.loss = 0.05, .delay_min = milliseconds(5), .delay_max = milliseconds(40)});
  world.join("host", 440, true);
  world.join("ada", 660, false);
  world.run(seconds(2));
  world.set_on_air("ada", true);
  world.run(seconds(1));
  world.refresh("ada");
  world.run(seconds(2));
  world.kick("ada");
  world.run(seconds(1));
  EXPECT_EQ(world.floor_allocations(), 0);
}

TEST(ShowSim, TheSameSeedIsTheSameShow) {
  const auto play = [](std::uint64_t seed) {
    ShowWorld world(seed,
                    {.loss = 0.05, .delay_min = milliseconds(10), .delay_max = milliseconds(60)});
    world.join("host", 440, true);
    world.join("ada", 660, true);
    world.run(seconds(4));
    return world.trace_hash();
  };
  EXPECT_EQ(play(5), play(5));
  EXPECT_NE(play(5), play(6));
}

TEST(ShowSim, TheHarnessNoticesADeafMixer) {
  ShowWorld world(7, {});
  world.join("host", 440, true);
  world.join("ada", 660, true);
  world.run(seconds(2));
  world.break_microphone_of("ada");
  world.run(seconds(1));
  EXPECT_FALSE(sounds_right(world));
}

/// A random show: people come, are toggled, refresh and are kicked on a bad network; once it is
/// calm, everything must sound right.
void play_random_show(std::uint64_t seed) {
  ShowWorld world(seed, {});
  base::SeededRandom dice(seed * 2 + 1);
  world.conditions() = {.loss = dice.unit() * 0.1,
                        .delay_min = milliseconds(5),
                        .delay_max = milliseconds(5 + static_cast<int>(dice.below(60)))};
  int joined = 0;
  for (int step = 0; step < 12; ++step) {
    const auto id_of = [&](std::uint64_t number) { return "person-" + std::to_string(number); };
    const std::string someone =
        joined > 0 ? id_of(dice.below(static_cast<std::uint64_t>(joined))) : "";
    switch (dice.below(4)) {
      case 0:
        if (joined < 6) {
          world.join(id_of(static_cast<std::uint64_t>(joined)), 400.0 + 250.0 * joined,
                     dice.below(2) == 0);
          ++joined;
        }
        break;
      case 1:
        if (joined > 0 && world.people().at(someone).is_present) {
          world.set_on_air(someone, dice.below(2) == 0);
        }
        break;
      case 2:
        if (joined > 0 && world.people().at(someone).is_present) world.refresh(someone);
        break;
      default:
        if (joined > 2 && dice.below(4) == 0) world.kick(someone);
        break;
    }
    world.run(milliseconds(100 + static_cast<int>(dice.below(900))));
  }
  world.conditions() = {};
  world.run(seconds(8));
  EXPECT_TRUE(sounds_right(world)) << "replay: SHELCASTER_SIM_SEEDS=" << seed << ":1 sim_test "
                                   << "--gtest_filter=*RandomShows*";
}

TEST(ShowSim, RandomShowsSoundRightOnceTheNetworkIsCalm) {
  std::uint64_t first = 100;
  std::uint64_t count = 10;
  if (const char* seeds = std::getenv("SHELCASTER_SIM_SEEDS")) {
    const std::string text(seeds);
    const std::size_t colon = text.find(':');
    first = std::stoull(text.substr(0, colon));
    count = colon == std::string::npos ? 1 : std::stoull(text.substr(colon + 1));
  }
  for (std::uint64_t seed = first; seed < first + count; ++seed) play_random_show(seed);
}

}  // namespace
}  // namespace shelcaster::sim
