// A day on the air: memory, and the clocks of tape and play list. Else its first minutes. By hand:
// SHELCASTER_SIM_HOURS=24 build/release/bin/sim_test --gtest_filter='LongShow.*'
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/sanitized.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "publisher.hpp"
#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

/// A sanitizer keeps what was freed for a while.
constexpr bool kIsMemoryTold = !base::kIsSanitized;

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kTapeSeconds = 12;
constexpr base::Duration kSettled = minutes(10);
/// A segment is 1.984 s, comes 0.3 s after its end, and is looked for once a second.
constexpr double kPublishedBehindMaxS = 3.5;

std::int64_t resident_kib() {
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

std::int64_t used_kib() { return static_cast<std::int64_t>(mallinfo2().uordblks / 1024); }

double seconds_of(std::int64_t samples) {
  return static_cast<double>(samples) / static_cast<double>(base::kSampleRate);
}

class LongShow : public testing::Test {
 protected:
  LongShow() {
    world_.set_each_tick([this](base::Instant now) { publisher_.tick(now); });
    world_.join("host", {.tone_hz = 450, .is_host = true, .drift_ppm = 60});
    world_.join("ada", {.tone_hz = 650, .drift_ppm = -80});
    world_.join("ben", {.tone_hz = 850, .is_on_air = false, .uses_dtx = false});
    world_.deck("DECK_PLAY");
  }
  /// Ten seconds in which people talk and are silent, and each few minutes something else.
  void play_a_while(std::int64_t turn) {
    world_.talk(0, turn % 3 != 0);
    world_.talk(1, turn % 4 != 0);
    if (turn % 30 == 7) world_.set_on_air(2, turn % 60 == 7);
    if (turn % 60 == 11) world_.refresh(1);
    if (turn % 60 == 25) world_.deck("DECK_SEEK", 1'000);
    if (turn % 90 == 40) world_.crash_mixer(milliseconds(130));
    if (turn % 90 == 41) publisher_.die_after(turn / 90 % 17, milliseconds(200));
    world_.run(seconds(10));
  }
  [[nodiscard]] double tape_behind_s() const {
    return std::chrono::duration<double>(world_.now() - began_).count() -
           seconds_of(tape_.head().samples());
  }
  [[nodiscard]] double published_behind_s() const {
    return seconds_of(tape_.head() - publisher_.listener().published_until());
  }

  media::TestFolder folder_;
  ShowWorld world_{24, kTapeSeconds};
  Publisher publisher_{world_.tape_fd(), folder_.path(),
                       [this](const std::string& what) { world_.expect(false, what); }};
  tape::TapeReader tape_ = tape::TapeReader::attach(world_.tape_fd()).value();
  const base::Instant began_ = world_.now();
};

TEST_F(LongShow, KeepsItsMemoryAndItsClocks) {
  const char* hours = std::getenv("SHELCASTER_SIM_HOURS");
  const base::Duration length =
      minutes(hours != nullptr ? static_cast<int>(60 * std::strtod(hours, nullptr)) : 20);
  std::int64_t resident_settled = 0;
  double behind_least = 1e9;
  double behind_most = 0;
  printf("   simulated   cpu s  resident KiB  malloc KiB  tape behind s  published behind s\n");
  std::int64_t turn = 0;
  base::Duration told{};
  while (world_.now() - began_ < length) {
    play_a_while(turn++);
    const base::Duration at = world_.now() - began_;
    ASSERT_TRUE(world_.invariants().hold()) << world_.invariants().violations();
    behind_least = std::min(behind_least, published_behind_s());
    behind_most = std::max(behind_most, published_behind_s());
    ASSERT_LT(std::abs(tape_behind_s()), 0.001);
    const base::Duration step = at <= 2 * kSettled ? minutes(5) : length / 24;
    if (at - told < step && at < length) continue;
    told = at;
    const std::int64_t resident = resident_kib();
    if (resident_settled == 0 && at >= kSettled) resident_settled = resident;
    const double worked = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    printf("  %9.2f h  %6.0f  %12ld  %10ld  %13.6f  %18.6f\n",
           std::chrono::duration<double, std::ratio<3600>>(at).count(), worked, resident,
           used_kib(), tape_behind_s(), published_behind_s());
    fflush(stdout);
    if (kIsMemoryTold && resident_settled > 0) {
      EXPECT_LT(static_cast<double>(resident), 1.02 * static_cast<double>(resident_settled));
    }
  }
  const Listener& listener = publisher_.listener();
  printf("  published behind the tape: %.3f to %.3f s; %ld segments, %ld packets, %ld breaks\n",
         behind_least, behind_most, listener.segments(), listener.packets(), listener.breaks());
  EXPECT_LT(behind_most, kPublishedBehindMaxS);
  EXPECT_EQ(listener.breaks(), 0);
}

}  // namespace
}  // namespace shelcaster::sim
