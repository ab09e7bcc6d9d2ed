#include "app/mix/deck/playlist.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

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

TEST(Playlist, RemembersAsMuchOfALongQueueAsOfAShortOne) {
  Playlist playlist;
  std::vector<link::QueueItem> queue;
  for (int i = 0; i < 1'000; ++i)
    queue.push_back(item("item-with-a-long-name-" + std::to_string(i)));
  playlist.set_queue(queue);
  mixer::DeckItem play = playlist.begin(queue.front());
  for (int i = 0; i < 200; ++i) play = playlist.follow(play);
  EXPECT_EQ(id_of(playlist, play), "item-with-a-long-name-200");
  EXPECT_LT(boost::json::serialize(playlist.memory()).size(), std::size_t{256} * 1024);
}

TEST(Playlist, GivesTheDeckBackToTheQueueWhereItWas) {
  Playlist playlist;
  playlist.set_queue({item("a"), item("b"), item("c")});
  const auto b = playlist.begin(*playlist.find_queued("b"));
  const auto jingle = playlist.begin_over(item("jingle"), b, 48'000);
  const auto another = playlist.begin_over(item("another"), jingle, 7);
  Playlist heir;
  heir.set_queue({item("a"), item("b"), item("c")});
  ASSERT_TRUE(heir.restore(playlist.memory()));
  for (Playlist* one : {&playlist, &heir}) {
    for (const auto over : {jingle, another}) {
      const auto resumed = one->follow(over);
      EXPECT_EQ(id_of(*one, resumed), "b");
      EXPECT_EQ(one->start_of(resumed), 48'000);
      const auto next = one->follow(resumed);
      EXPECT_EQ(id_of(*one, next), "c");
      EXPECT_EQ(one->start_of(next), 0);
    }
    one->set_queue({item("a"), item("c")});
    EXPECT_EQ(id_of(*one, one->follow(jingle)), "c") << "what it cut has been removed";
    EXPECT_EQ(one->start_of(one->follow(jingle)), 0);
    one->set_queue({item("d")});
    EXPECT_EQ(id_of(*one, one->follow(jingle)), "d") << "another queue altogether";
  }
}

TEST(Playlist, GivesTheDeckBackToAQueueOfWhichItIsTold) {
  Playlist playlist;
  playlist.set_queue({item("a"), item("b")});
  EXPECT_EQ(id_of(playlist, playlist.follow(playlist.begin_over(item("jingle"), "b"))), "b");
  EXPECT_EQ(id_of(playlist, playlist.follow(playlist.begin_over(item("jingle"), "gone"))), "a");
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
