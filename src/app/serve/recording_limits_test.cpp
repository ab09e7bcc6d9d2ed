#include "app/serve/recording_limits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shelcaster::app {
namespace {

using control::RecordingEnd;
using studio::ShowId;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kNowMs = 1'000 * 24 * kHourMs;

class RecordingLimitsTest : public testing::Test {
 protected:
  /// One more of a show, younger than those before it.
  void add(const std::string& show, std::int64_t hours_ago, std::uint64_t bytes) {
    for (ClosedOfShow& one : shows_) {
      if (one.show == ShowId(show)) return one.recordings.push_back(closed(hours_ago, bytes));
    }
    shows_.push_back({ShowId(show), {closed(hours_ago, bytes)}});
  }
  static ClosedRecording closed(std::int64_t hours_ago, std::uint64_t bytes) {
    return {std::to_string(hours_ago), base::WallTime::from_unix_ms(kNowMs - hours_ago * kHourMs),
            bytes};
  }
  /// "show hours why" of each, until nothing is due.
  std::vector<std::string> removed(bool needs_room = false) {
    std::vector<std::string> all;
    while (const auto due =
               due_recording(shows_, limits_, base::WallTime::from_unix_ms(kNowMs), needs_room)) {
      all.push_back(due->show.str() + " " + due->recording.id + " " +
                    std::string(control::to_string(due->why)));
      for (ClosedOfShow& one : shows_) {
        if (one.show == due->show) one.recordings.erase(one.recordings.begin());
      }
    }
    return all;
  }

  std::vector<ClosedOfShow> shows_;
  RecordingLimits limits_{.days_max = 30, .bytes_max = 400};
};
using Removed = std::vector<std::string>;

TEST_F(RecordingLimitsTest, TakeAShowsOldestWhileItHasMoreThanAQuarterOfAll) {
  add("a", 100, 50);
  add("a", 90, 50);
  add("a", 80, 50);
  add("b", 200, 50);
  EXPECT_EQ(removed(), (Removed{"a 100 too_much"}));
}

TEST_F(RecordingLimitsTest, LeaveADayToWhoeverMadeOne) {
  add("a", 30, 10);
  add("a", 20, 500);
  add("a", 1, 500);
  EXPECT_EQ(removed(), (Removed{"a 30 too_much"}));
}

TEST_F(RecordingLimitsTest, LetAStationThatNeverEndsTakeNothingOfOthers) {
  for (std::int64_t hours = 23; hours > 0; --hours) add("station", hours, 100);
  for (const char* show : {"a", "b", "c"}) add(show, 600, 100);
  EXPECT_EQ(removed(), Removed{}) << "its last day counts with its share alone";
}

TEST_F(RecordingLimitsTest, TakeOfTheShowThatHasTheMostWhenAllHaveTooMuch) {
  add("small", 700, 30);
  for (const char* show : {"a", "b", "c", "d"}) {
    add(show, show[0] == 'c' ? 400 : 300, 50);
    add(show, 200, 50);
  }
  EXPECT_EQ(removed(), (Removed{"c 400 too_much"}));
}

TEST_F(RecordingLimitsTest, TakeWhateverFreesTheMostWhereTheDiskNeedsRoom) {
  add("small", 700, 30);
  add("a", 2, 60);
  add("a", 1, 60);
  EXPECT_EQ(removed(true), (Removed{"a 2 disk_full", "a 1 disk_full", "small 700 disk_full"}));
}

TEST_F(RecordingLimitsTest, TakeWhatIsTooOldFirstAndCountAShowsRecordings) {
  limits_.bytes_max = UINT64_MAX;
  for (std::size_t i = 0; i <= RecordingLimits::kOfShowMax; ++i) add("many", 3, 0);
  add("old", 31 * 24, 1);
  add("old", 29 * 24, 1);
  EXPECT_EQ(removed(), (Removed{"many 3 too_many", "old 744 too_old"}));
}

}  // namespace
}  // namespace shelcaster::app
