#include <gtest/gtest.h>
#include <sys/stat.h>

#include <mutex>
#include <thread>

#include "live_show.hpp"
#include "traps.hpp"

namespace shelcaster::realtime {
namespace {

using std::chrono::milliseconds;

TEST(AudioThread, NeverAllocatesLocksOrMakesAnUnstatedSystemCallInAWholeShow) {
  LiveShow show;
  show.run_for(milliseconds(1'500));  // at rest by now
  for (const char* id : {"ada", "ben", "cy"}) show.sit(id, true);
  for (const char* id : {"ada", "ben", "cy"}) show.connect(id);
  ASSERT_TRUE(show.run_until([&] {
    return show.guest("ada").is_connected() && show.guest("ben").is_connected() &&
           show.guest("cy").is_connected();
  }));
  ASSERT_TRUE(show.run_until([&] { return show.guest("ada").stats().packets_received > 50; }));

  show.play_deck();
  ASSERT_TRUE(show.run_until([&] { return show.deck_plays(); }));
  for (int i = 0; i < 4; ++i) {
    show.set_on_air("ben", i % 2 != 0);
    show.run_for(milliseconds(60));
  }
  show.command_deck("DECK_SEEK");
  show.connect("cy");  // the same person with another source: the older session ends
  ASSERT_TRUE(show.run_until([&] { return show.guest("cy").stats().packets_received > 20; }));
  show.command_deck("DECK_PAUSE");
  show.run_for(milliseconds(100));
  show.command_deck("DECK_PLAY");

  const std::uint64_t stray = show.gate().stray_media.load();
  for (int i = 0; i < 20; ++i) {
    show.send_garbage(500);
    show.run_for(milliseconds(10));
  }
  EXPECT_GT(show.gate().stray_media.load(), stray);

  show.stall_stage(true);
  for (int i = 0; i < 10; ++i) {
    show.send_garbage(100);
    show.run_for(milliseconds(100));
  }
  show.stall_stage(false);
  show.command_deck("DECK_STOP");
  for (const char* id : {"ada", "ben", "cy"}) show.stand_up(id);
  const base::SampleTime head = show.tape_head();
  show.run_for(milliseconds(500));
  EXPECT_GT(show.tape_head() - head, 10'000);
  EXPECT_GT(show.counters().ticks.load(), 300U);
}

class TrapDeathTest : public testing::Test {
 protected:
  TrapDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  static void in_real_time(void (*what)()) {
    std::thread([what] {
      enter();
      what();
      stay();
    }).join();
  }
};

TEST_F(TrapDeathTest, CatchesAnAllocation) {
  EXPECT_DEATH(in_real_time([] {
                 const std::vector<int> some(100);
                 if (some.data() == nullptr) std::abort();
               }),
               "real-time thread called malloc");
}

TEST_F(TrapDeathTest, CatchesALock) {
  EXPECT_DEATH(in_real_time([] {
                 static std::mutex mutex;
                 const std::lock_guard lock(mutex);
               }),
               "real-time thread called pthread_mutex_lock");
}

TEST_F(TrapDeathTest, CatchesASystemCall) {
  EXPECT_DEATH(in_real_time([] { (void)mkdir("/nowhere/at/all", 0700); }),
               "real-time thread made system call 83");
}

}  // namespace
}  // namespace shelcaster::realtime
