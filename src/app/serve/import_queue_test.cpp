#include "app/serve/import_queue.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

class ImportQueueTest : public testing::Test {
 protected:
  void add(const std::string& id, const std::string& owner, const std::string& url,
           bool is_short = false) {
    control::ImportJob job;
    job.track_id = studio::TrackId(id);
    job.owner = owner;
    job.url = url;
    queue.add(job, is_short);
  }
  void want(const std::string& id) {
    queue.set_wanted(studio::TrackId(id), control::Wanted::kSoon);
  }
  /// The ids of those that start now, in their order.
  std::string start() {
    std::string ids;
    while (const auto job = queue.take_next()) ids += job->track_id.str() + " ";
    return ids;
  }

  ImportQueue queue{{.uploads_max = 2,
                     .fetches_max = 5,
                     .fetches_per_owner_max = 2,
                     .wanted_max = 3,
                     .wanted_per_owner_max = 2}};
};

TEST_F(ImportQueueTest, AJingleDoesNotWaitForANightsRecording) {
  for (const char* night : {"a", "b", "c"}) add(night, "", "");
  add("jingle", "", "", true);
  EXPECT_EQ(start(), "a b jingle ");
  queue.free(studio::TrackId("jingle"));
  EXPECT_EQ(start(), "") << "the place of short ones is theirs";
  queue.free(studio::TrackId("a"));
  EXPECT_EQ(start(), "c ");
}

TEST_F(ImportQueueTest, UrlsThatNeverEndKeepOnlyTheirOwnerWaiting) {
  for (const char* radio : {"r1", "r2", "r3", "r4"}) add(radio, "greedy", "http://radio");
  add("m1", "modest", "http://song");
  EXPECT_EQ(start(), "r1 m1 r2 ") << "two at once for each";
  add("upload", "greedy", "");
  EXPECT_EQ(start(), "upload ");
}

TEST_F(ImportQueueTest, WhoHasTheFewestPlacesGoesNext) {
  add("a1", "a", "");
  add("a2", "a", "");
  add("a3", "a", "");
  add("b1", "b", "");
  EXPECT_EQ(start(), "a1 b1 ");
}

TEST_F(ImportQueueTest, WhatADeckWaitsForStartsAtOnce) {
  for (const char* night : {"a", "b", "c"}) add(night, "", "");
  for (const char* radio : {"r1", "r2", "r3", "r4"}) add(radio, "s", "http://radio");
  EXPECT_EQ(start(), "a r1 b r2 ");
  queue.set_wanted(studio::TrackId("r4"), control::Wanted::kSoon);
  queue.set_wanted(studio::TrackId("c"), control::Wanted::kSoon);
  EXPECT_EQ(start(), "c r4 ");
  // When the deck is done with it, it takes a place like another.
  queue.set_wanted(studio::TrackId("r4"), control::Wanted::kNot);
  queue.free(studio::TrackId("r1"));
  EXPECT_EQ(start(), "");
}

TEST_F(ImportQueueTest, OneShowsDecksTakeNoMoreThanTheirShareOfWhatStartsAtOnce) {
  const auto add_wanted = [&](const std::string& id, const std::string& owner) {
    add(id, owner, "http://radio");
    want(id);
  };
  for (const char* radio : {"g1", "g2", "g3", "g4", "g5"}) add_wanted(radio, "greedy");
  EXPECT_EQ(start(), "g1 g2 g3 g4 ") << "two beside the others, and two like anybody's";
  add_wanted("m1", "modest");
  EXPECT_EQ(start(), "m1 ");
  want("g3");
  EXPECT_EQ(start(), "") << "one that runs takes no more than the share either";
  queue.free(studio::TrackId("g1"));
  EXPECT_EQ(start(), "g5 ");
}

TEST_F(ImportQueueTest, AllDecksMayComeToTheStationsMusic) {
  for (const char* song : {"s1", "s2", "s3"}) {
    add(song, "", "http://station");
    want(song);
  }
  EXPECT_EQ(start(), "s1 s2 s3 ");
}

TEST_F(ImportQueueTest, OneThatWaitsCanBeTakenBack) {
  for (const char* night : {"a", "b", "c"}) add(night, "", "");
  (void)start();
  EXPECT_TRUE(queue.remove(studio::TrackId("c")));
  EXPECT_FALSE(queue.remove(studio::TrackId("a"))) << "it runs";
  queue.free(studio::TrackId("a"));
  EXPECT_EQ(start(), "");
}

}  // namespace
}  // namespace shelcaster::app
