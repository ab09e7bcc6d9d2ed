#include "app/mix/playlist.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

link::QueueItem item(const std::string& id) {
  return {.item_id = id,
          .track_id = {},
          .path = "/" + id,
          .gain_db = 0,
          .duration_ms = {},
          .title = id};
}

std::string id_of(const Playlist& playlist, mixer::DeckItem play) {
  const auto found = playlist.find(play);
  return found ? found->item_id : "";
}

TEST(Playlist, FollowsTheQueueInOrderAndEnds) {
  Playlist playlist;
  playlist.set_queue({item("a"), item("b")});
  const auto a = playlist.begin(*playlist.find_queued("a"));
  const auto b = playlist.follow(a);
  EXPECT_EQ(id_of(playlist, b), "b");
  EXPECT_EQ(playlist.follow(a), b) << "asked twice it is the same play";
  EXPECT_EQ(playlist.follow(b), mixer::kNoItem);
}

TEST(Playlist, AReorderedQueueChangesWhatFollows) {
  Playlist playlist;
  playlist.set_queue({item("a"), item("b"), item("c")});
  const auto a = playlist.begin(*playlist.find_queued("a"));
  EXPECT_EQ(id_of(playlist, playlist.follow(a)), "b");
  playlist.set_queue({item("a"), item("c"), item("b")});
  EXPECT_EQ(id_of(playlist, playlist.follow(a)), "c");
}

TEST(Playlist, AnItemRemovedWhileItPlaysIsFollowedByWhatStoodAfterIt) {
  Playlist playlist;
  playlist.set_queue({item("a"), item("b"), item("c")});
  const auto b = playlist.begin(*playlist.find_queued("b"));
  playlist.set_queue({item("a"), item("c")});
  EXPECT_EQ(id_of(playlist, playlist.follow(b)), "c");
}

TEST(Playlist, SomethingPlayedFromOutsideTheQueueIsFollowedByNothing) {
  Playlist playlist;
  playlist.set_queue({item("a")});
  EXPECT_EQ(playlist.follow(playlist.begin(item("jingle"))), mixer::kNoItem);
}

TEST(Playlist, ForgetsOldPlaysAndStaysBounded) {
  Playlist playlist;
  playlist.set_queue({item("a")});
  const auto first = playlist.begin(item("a"));
  for (int i = 0; i < 1000; ++i) (void)playlist.begin(item("a"));
  EXPECT_FALSE(playlist.find(first));
}

}  // namespace
}  // namespace shelcaster::app
