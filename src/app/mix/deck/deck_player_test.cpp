#include "app/mix/deck/deck_player.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace shelcaster::app {
namespace {

class Sink final : public StageSink {
 public:
  void to_floor(FloorCommand&& command) override {
    if (const auto* deck = std::get_if<NumberedDeckCommand>(&command)) {
      commands.push_back(deck->command);
    }
  }
  void to_link(link::MixToKeeper message) override { messages.push_back(std::move(message)); }
  void remember(std::string_view) override {}
  void transmit(const net::Transmit&) override {}
  std::vector<mixer::DeckCommand> commands;
  std::vector<link::MixToKeeper> messages;
};

link::QueueItem item(const std::string& id) {
  link::QueueItem made;
  made.item_id = id;
  made.path = "/" + id;
  return made;
}

class DeckPlayerTest : public testing::Test {
 protected:
  DeckPlayerTest() { player_.set_queue({item("a"), item("b")}); }

  void give(const std::string& name, const std::string& queued, const std::string& unqueued = "") {
    link::Command command;
    command.id = "c";
    command.command = name;
    command.item_id = queued;
    if (!unqueued.empty()) command.item = item(unqueued);
    ASSERT_TRUE(player_.command(command).has_value());
    player_.flush();
  }
  /// The play that the deck was told to begin last.
  mixer::DeckPlay last_play() { return std::get<mixer::DeckPlay>(sink_.commands.back()); }
  mixer::DeckSkip last_skip() { return std::get<mixer::DeckSkip>(sink_.commands.back()); }
  std::string id_of(mixer::DeckItem play) { return playlist_.find(play)->item_id; }

  Playlist playlist_;
  Sink sink_;
  DeckPlayer player_{playlist_, sink_};
};

TEST_F(DeckPlayerTest, GivesTheDeckBackToTheSongThatWasInterrupted) {
  give("DECK_PLAY", "a");
  const mixer::DeckItem song = last_play().item;
  player_.handle_event(mixer::ItemStarted{.item = song});
  player_.handle_status({.state = mixer::DeckState::kPlaying, .item = song, .position = 480'000});
  give("DECK_PLAY", "", "jingle");
  const mixer::DeckItem jingle = last_play().item;
  player_.handle_event(mixer::ItemEnded{.item = song, .reason = mixer::EndReason::kStop});
  for (const auto reason : {mixer::EndReason::kEnd, mixer::EndReason::kError}) {
    DeckPlayer again(playlist_, sink_);
    ASSERT_TRUE(again.restore(player_.memory(), 2, jingle).has_value());
    again.handle_event(mixer::ItemEnded{.item = jingle, .reason = reason});
    again.flush();
    EXPECT_EQ(id_of(last_skip().next), "a");
    EXPECT_EQ(last_skip().position, 480'000);
  }
  give("DECK_SKIP", "jingle");
  EXPECT_EQ(id_of(last_skip().next), "a");
  EXPECT_EQ(last_skip().position, 480'000);
}

TEST_F(DeckPlayerTest, StopsAfterWhatWasPlayedOnADeckThatHadStopped) {
  give("DECK_PLAY", "", "jingle");
  const mixer::DeckItem jingle = last_play().item;
  player_.handle_event(mixer::ItemEnded{.item = jingle, .reason = mixer::EndReason::kEnd});
  player_.flush();
  EXPECT_EQ(sink_.commands.size(), 1U);
  EXPECT_FALSE(player_.plays());
}

TEST_F(DeckPlayerTest, PlaysAnItemFurtherDownALongQueueThatComesWithItsCommand) {
  give("DECK_PLAY", "z", "z");
  EXPECT_EQ(id_of(last_play().item), "z");
}

}  // namespace
}  // namespace shelcaster::app
