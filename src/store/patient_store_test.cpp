#include "store/patient_store.hpp"

#include <gtest/gtest.h>

#include "store/memory_store.hpp"

namespace shelcaster::store {
namespace {

const Key kShow{Collection::kShows, "", "show-1"};

Write write_of(std::int64_t status, bool may_wait = true) {
  Write write;
  write.puts.push_back({kShow, {{"status", status}}, {}});
  write.events.push_back({"show-1", 0, base::WallTime(), "changed", "admin", {{"to", status}}});
  write.may_wait = may_wait;
  return write;
}

class PatientStoreTest : public testing::Test {
 protected:
  std::int64_t status(Store& store) {
    const auto found = store.get(kShow);
    return found && *found ? (*found)->body.at("status").as_int64() : -1;
  }
  MemoryStore disk_;
  PatientStore store_{disk_};
};

TEST_F(PatientStoreTest, WritesAtOnceWhileTheDiskCan) {
  ASSERT_TRUE(store_.commit(write_of(1)));
  EXPECT_EQ(status(disk_), 1);
  EXPECT_EQ(store_.waiting().count, 0U);
}

TEST_F(PatientStoreTest, KeepsWhatMayWaitAndReadsAsIfItWereStored) {
  ASSERT_TRUE(store_.commit(write_of(1)));
  disk_.commit_error = "disk full";
  const auto kept = store_.commit(write_of(2));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->front().number, 2U);
  Write more = write_of(3);
  more.puts.push_back({{Collection::kShows, "", "show-0"}, {}, {}});
  more.answer = Answer{"key", "digest", 200, "body", base::WallTime()};
  ASSERT_TRUE(store_.commit(more));
  EXPECT_EQ(status(disk_), 1);
  EXPECT_EQ(status(store_), 3);
  EXPECT_EQ(store_.event_range("show-1")->last, 3U);
  const auto events = store_.events({.show_id = "show-1", .after = 1})->events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events.back().data.at("to").as_int64(), 3);
  EXPECT_EQ(store_.events({.show_id = "show-1", .limit = 2})->events.size(), 2U);
  const auto shows = store_.list(Collection::kShows, "").value();
  ASSERT_EQ(shows.size(), 2U);
  EXPECT_EQ(shows.front().key.id, "show-0");
  EXPECT_EQ(shows.back().version, 3);
  EXPECT_TRUE(store_.answer("key").value());
  Write removal;
  removal.removes.push_back(kShow);
  removal.may_wait = true;
  ASSERT_TRUE(store_.commit(removal));
  EXPECT_FALSE(store_.get(kShow).value());
  EXPECT_EQ(store_.list(Collection::kShows, "").value().size(), 1U);
  store_.write_waiting();
  EXPECT_EQ(store_.waiting().count, 3U);
  EXPECT_EQ(store_.waiting().why, "disk full");

  disk_.commit_error.clear();
  store_.write_waiting();
  EXPECT_EQ(store_.waiting().count, 0U);
  EXPECT_FALSE(disk_.get(kShow).value());
  EXPECT_EQ(disk_.event_range("show-1")->last, 3U);
  EXPECT_TRUE(disk_.answer("key").value());
}

TEST_F(PatientStoreTest, RefusesEverythingElseUntilTheDiskCanAndAllThatWaitsIsWritten) {
  disk_.commit_error = "disk full";
  EXPECT_FALSE(store_.commit(write_of(1, false)));
  EXPECT_EQ(status(store_), -1);
  ASSERT_TRUE(store_.commit(write_of(2)));
  EXPECT_FALSE(store_.commit(write_of(3, false)));
  disk_.commit_error.clear();
  ASSERT_TRUE(store_.commit(write_of(4, false)));
  EXPECT_EQ(status(disk_), 4);
  EXPECT_EQ(disk_.event_range("show-1")->last, 2U);
}

TEST_F(PatientStoreTest, SeesThatSomebodyElseHasWritten) {
  disk_.commit_error = "disk full";
  ASSERT_TRUE(store_.commit(write_of(1)));
  Write stale = write_of(2);
  stale.puts.front().expected_version = 0;
  EXPECT_FALSE(store_.commit(stale));
  stale.puts.front().expected_version = 1;
  EXPECT_TRUE(store_.commit(stale));
}

TEST_F(PatientStoreTest, KeepsNothingThatNoDiskWillEverTake) {
  disk_.commit_error = "disk full";
  Write large = write_of(1);
  while (actions_of(large) <= kWriteActionsMax) large.events.push_back(large.events.front());
  EXPECT_FALSE(store_.commit(large));
  EXPECT_EQ(store_.waiting().count, 0U);
}

TEST_F(PatientStoreTest, SeesBySomebodyElsesWriteThatARemovalIsTooLate) {
  disk_.commit_error = "disk full";
  ASSERT_TRUE(store_.commit(write_of(1)));
  ASSERT_TRUE(store_.commit(write_of(2)));
  Write removal;
  removal.removes = {{kShow, 1}};
  removal.may_wait = true;
  EXPECT_FALSE(store_.commit(removal));
  removal.removes = {{kShow, 2}};
  EXPECT_TRUE(store_.commit(removal));
  disk_.commit_error.clear();
  store_.write_waiting();
  EXPECT_FALSE(disk_.get(kShow).value());
}

TEST_F(PatientStoreTest, RefusesASecondAnswerToAKeyInsteadOfWaitingForEver) {
  Write first = write_of(1);
  first.answer = Answer{"key", "digest", 200, "body", base::WallTime()};
  ASSERT_TRUE(store_.commit(first));
  EXPECT_FALSE(store_.commit(first));
  EXPECT_EQ(store_.waiting().count, 0U) << "no disk will ever take it";
  ASSERT_TRUE(store_.commit(write_of(2, false)));
}

TEST_F(PatientStoreTest, WritesWhatWaitsInSteps) {
  disk_.commit_error = "disk full";
  for (std::size_t i = 0; i < PatientStore::kWrittenAtOnce + 1; ++i) {
    ASSERT_TRUE(store_.commit(write_of(static_cast<std::int64_t>(i))));
  }
  disk_.commit_error.clear();
  store_.write_waiting();
  EXPECT_EQ(store_.waiting().count, 1U);
  EXPECT_EQ(store_.event_range("show-1")->last, PatientStore::kWrittenAtOnce + 1);
  store_.write_waiting();
  EXPECT_EQ(store_.waiting().count, 0U);
}

TEST_F(PatientStoreTest, WaitsForNoDiskWithWhatMayWaitWhileItCatchesUpAndSaysThatItDoes) {
  disk_.commit_error = "disk full";
  for (std::size_t i = 0; i < 2 * PatientStore::kWrittenAtOnce; ++i) {
    ASSERT_TRUE(store_.commit(write_of(static_cast<std::int64_t>(i))));
  }
  disk_.commit_error.clear();
  ASSERT_TRUE(store_.commit(write_of(99)));
  EXPECT_EQ(status(disk_), -1);
  const auto refused = store_.commit(write_of(100, false));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("still being written"), std::string::npos);
  EXPECT_EQ(store_.waiting().why, refused.error().message);
}

class FullPatientStoreTest : public PatientStoreTest {
 protected:
  FullPatientStoreTest() { disk_.commit_error = "disk full"; }
  /// About a mebibyte, as a long queue has it.
  bool write_for(const std::string& share) {
    Write write = write_of(1);
    write.puts.front().body["long"] = std::string(std::size_t{1024} * 1024, 'x');
    write.share = share;
    return store_.commit(write).has_value();
  }
  /// How many of them find room.
  std::size_t fill(const std::string& share) {
    std::size_t count = 0;
    while (write_for(share)) ++count;
    return count;
  }
};

TEST_F(FullPatientStoreTest, KeepsABoundedNumberOfBytes) {
  std::size_t count = 0;
  for (const char* share : {"callers", "show-1", "show-2", "show-3", "show-4"})
    count += fill(share);
  EXPECT_EQ(count, (PatientStore::kBytesMax - PatientStore::kReserved) / 1024 / 1024)
      << "the last show, which held nothing, found room for a little";
  count += fill("");
  EXPECT_EQ(count, PatientStore::kBytesMax / 1024 / 1024 - 1);
  EXPECT_FALSE(write_for("show-5"));
  EXPECT_EQ(store_.waiting().count, count);
}

TEST_F(FullPatientStoreTest, TakesManyThousandSmallWrites) {
  for (int i = 0; i < 10'000; ++i) {
    Write write = write_of(1);
    write.share = "show-1";
    ASSERT_TRUE(store_.commit(write)) << i;
  }
}

TEST_F(FullPatientStoreTest, LetsNoShareFillTheRoomOfTheOthers) {
  EXPECT_EQ(fill("callers"), PatientStore::kShareMax / 1024 / 1024 - 1);
  EXPECT_LT(fill(""), PatientStore::kNobodysMax / 1024 / 1024);
  EXPECT_GT(fill("show-1"), 0U) << "neither callers nor the show itself keep out who commands";
  disk_.commit_error.clear();
  store_.write_waiting();
  disk_.commit_error = "disk full";
  EXPECT_TRUE(write_for("callers")) << "what is on the disk takes no room";
}

}  // namespace
}  // namespace shelcaster::store
