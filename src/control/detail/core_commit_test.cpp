#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "control/detail/core.hpp"
#include "control/hooked_store_for_tests.hpp"
#include "control/test_world.hpp"

// What a change makes of the store's write: on what each document stands, and in how many writes.
namespace shelcaster::control::detail {
namespace {

using store::Collection;
using store::Key;

class CoreCommitTest : public testing::Test {
 protected:
  CoreCommitTest() {
    doorbell_.listen([this](const studio::ShowId& show, Changed what) {
      if (what == Changed::kDesired) told_.push_back(show.str());
    });
    hooked_.before_commit = [this](const store::Write& write) -> base::Result<void> {
      writes_.push_back(write);
      if (conflicts_ == 0) return {};
      --conflicts_;
      return tl::unexpected(store::conflict("it"));
    };
  }
  static studio::Track track_of(int number) {
    studio::Track track;
    track.id = studio::TrackId(fmt::format("track-{:03}", number));
    track.owner = studio::ShowId();
    return track;
  }
  std::int64_t version_of(const Key& key) {
    const auto found = *world_.store.get(key);
    return found ? found->version : 0;
  }

  TestWorld world_;
  HookedStore hooked_{world_.store};
  DirectDoorbell doorbell_;
  EventHub hub_;
  Counters counters_;
  ImportStates imports_;
  Core core_{world_.config,
             {hooked_, world_.media, world_.recordings, world_.show_files, world_.viewers,
              world_.processes, world_.alarms, world_.clock, world_.random, doorbell_},
             hub_,
             counters_,
             imports_};
  std::vector<store::Write> writes_;
  std::vector<std::string> told_;
  int conflicts_ = 0;
};

TEST_F(CoreCommitTest, PutsOverWhatTheStepHasReadAndOverNothingElse) {
  studio::Track track = track_of(1);
  Change blind = core_.change_by_system();
  blind.put(track);
  EXPECT_THROW(core_.commit(blind), std::logic_error);
  EXPECT_TRUE(writes_.empty());
  Change made = core_.change_by_system();
  made.create(track);
  core_.commit(made);
  EXPECT_EQ(writes_.back().puts[0].expected_version, 0);
  Change again = core_.change_by_system();
  again.put(track);
  core_.commit(again);
  EXPECT_EQ(writes_.back().puts[0].expected_version, 1) << "we know what we wrote";
  {
    const Core::Step step(core_);
    Change late = core_.change_by_system();
    late.put(track);
    EXPECT_THROW(core_.commit(late), std::logic_error) << "another step has read nothing yet";
    (void)core_.find_track(track.id);
    core_.commit(late);
    EXPECT_EQ(writes_.back().puts[0].expected_version, 2);
  }
  Change whatever = core_.change_by_system();
  whatever.overwrite(key_of(track), store::to_document(track));
  core_.commit(whatever);
  EXPECT_FALSE(writes_.back().puts[0].expected_version);
  Change twice = core_.change_by_system();
  twice.create(track);
  EXPECT_THROW(core_.commit(twice), Conflict);
  EXPECT_EQ(version_of(key_of(track)), 4);
}

TEST_F(CoreCommitTest, RemovesWhatTheStepHasReadInThatVersion) {
  Change made = core_.change_by_system();
  made.create(track_of(1));
  made.create(track_of(2));
  core_.commit(made);
  const Core::Step step(core_);
  (void)core_.find_track(track_of(1).id);
  Change removal = core_.change_by_system();
  removal.remove(key_of(track_of(1)));
  removal.remove(key_of(track_of(2)));
  core_.commit(removal);
  EXPECT_EQ(writes_.back().removes[0].expected_version, 1);
  EXPECT_FALSE(writes_.back().removes[1].expected_version) << "nobody has looked at it";
}

TEST_F(CoreCommitTest, NamesADocumentOnceInAWrite) {
  Change change = core_.change_by_system();
  change.create(track_of(1));
  change.put(track_of(1));
  change.create(track_of(2));
  change.remove(key_of(track_of(2)));
  change.remove(key_of(track_of(3)));
  change.remove(key_of(track_of(3)));
  core_.commit(change);
  ASSERT_EQ(writes_.back().puts.size(), 1U);
  EXPECT_EQ(writes_.back().puts[0].expected_version, 0) << "it still is new";
  EXPECT_EQ(writes_.back().removes.size(), 1U);
}

TEST_F(CoreCommitTest, WritesLargeWorkInSteps) {
  Change change = core_.change_by_system();
  change.let_wait();
  for (int i = 0; i < 250; ++i) {
    core_.commit_step(change, 1);
    change.create(track_of(i));
  }
  core_.commit(change);
  EXPECT_EQ(*world_.store.count(Collection::kTracks, ""), 250U);
  ASSERT_EQ(writes_.size(), 4U);
  for (const store::Write& write : writes_) {
    EXPECT_LE(store::actions_of(write), kStepActionsMax);
    EXPECT_TRUE(write.may_wait);
  }
}

TEST_F(CoreCommitTest, CountsTheDesiredStatesOfManyShowsBeforeWhatTheyAreOf) {
  Change change = core_.change_by_system();
  change.create(track_of(1));
  for (int i = 0; i < 300; ++i) change.desire(studio::ShowId(fmt::format("show-{:03}", i)));
  core_.commit(change);
  EXPECT_EQ(writes_.back().puts[0].key, key_of(track_of(1))) << "last";
  EXPECT_EQ(told_.size(), 300U);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(version_of({Collection::kDesired, fmt::format("show-{:03}", i), "DESIRED"}), 1);
  }
}

TEST_F(CoreCommitTest, DoesWhatFollowsOnlyWhenItIsCommitted) {
  int done = 0;
  conflicts_ = 1;
  for (int i = 0; i < 2; ++i) {
    Change change = core_.change_by_system();
    change.create(track_of(1));
    change.then([&] { ++done; });
    if (i == 0) {
      EXPECT_THROW(core_.commit(change), Conflict);
    } else {
      core_.commit(change);
    }
    EXPECT_EQ(done, i);
  }
}

TEST_F(CoreCommitTest, MakesWhatHasHappenedAnewUntilItIsKept) {
  const auto keep = [&] {
    return core_.try_commit_made([&](Change& change) { change.create(track_of(1)); });
  };
  conflicts_ = 4;
  EXPECT_TRUE(keep());
  EXPECT_EQ(writes_.size(), 5U);
  EXPECT_EQ(core_.counters.at("shelcaster_store_conflicts_total"), 4U);
  conflicts_ = 100;
  EXPECT_FALSE(keep());
  EXPECT_EQ(writes_.size(), 10U);
}

}  // namespace
}  // namespace shelcaster::control::detail
