#include "studio/model.hpp"

#include <gtest/gtest.h>

namespace shelcaster::studio {
namespace {

TEST(AudioRouting, StartsWithTheSeedsDefaults) {
  const AudioRouting routing;
  EXPECT_EQ(routing.tracklist_volume, 30);
  EXPECT_EQ(routing.host_volume, 100);
  EXPECT_EQ(routing.callers_volume, 80);
  EXPECT_EQ(routing.master_volume, 100);
  EXPECT_EQ(routing.compression, (AudioRouting::Compression{true, -20, 4}));
  EXPECT_EQ(routing.limiter, (AudioRouting::Limiter{true, -1}));
}

TEST(NormalisationGain, BringsTracksToTheTargetUnlessTheirPeaksForbidIt) {
  EXPECT_DOUBLE_EQ(normalisation_gain_db(-9, 0), -7);
  EXPECT_DOUBLE_EQ(normalisation_gain_db(-20, -10), 4);
  EXPECT_DOUBLE_EQ(normalisation_gain_db(-20, -3), 2) << "limited by the true peak";
  EXPECT_DOUBLE_EQ(normalisation_gain_db(-70, -60), 20) << "near-silence isn't blown up";
}

TEST(Queue, ReordersOnlyByAWholePermutation) {
  Queue queue{
      {{ItemId("a"), TrackId("1")}, {ItemId("b"), TrackId("2")}, {ItemId("c"), TrackId("3")}}};
  EXPECT_FALSE(queue.reorder({ItemId("a"), ItemId("b")}));
  EXPECT_FALSE(queue.reorder({ItemId("a"), ItemId("b"), ItemId("b")}));
  EXPECT_FALSE(queue.reorder({ItemId("a"), ItemId("b"), ItemId("x")}));
  EXPECT_EQ(queue.items.front().id, ItemId("a")) << "a refused order changes nothing";
  EXPECT_TRUE(queue.reorder({ItemId("c"), ItemId("a"), ItemId("b")}));
  EXPECT_EQ(queue.items.front().track_id, TrackId("3"));
}

TEST(Queue, RemovesAnItemOnce) {
  Queue queue{{{ItemId("a"), TrackId("1")}}};
  EXPECT_TRUE(queue.remove(ItemId("a")));
  EXPECT_FALSE(queue.remove(ItemId("a")));
}

TEST(Names, AreReadBack) {
  EXPECT_EQ(parse_role("VIRTUAL_PARTICIPANT"), Role::kVirtualParticipant);
  EXPECT_EQ(parse_role("host"), std::nullopt);
  EXPECT_EQ(parse_track_status("READY"), TrackStatus::kReady);
  EXPECT_EQ(parse_deck_state("PAUSED"), DeckState::kPaused);
}

}  // namespace
}  // namespace shelcaster::studio
