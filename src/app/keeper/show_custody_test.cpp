#include "app/keeper/show_custody.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "link/deck_rules.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr base::Instant kNow = base::Instant::from_nanoseconds(1'000'000'000);
constexpr base::SampleTime kHead(48'000);

link::DeckReport deck(const char* state, const char* item,
                      std::optional<std::int64_t> number = {}) {
  return {.state = state,
          .item_id = item,
          .position_ms = 7'000,
          .duration_ms = {},
          .title = "a",
          .number = number};
}

/// With "one" and "two" in the queue. `hint`: what serve knows of the deck.
link::Desired desired(const link::DeckReport& hint = {}) {
  link::Desired desired;
  desired.version = 1;
  for (const char* id : {"one", "two"}) desired.queue.emplace_back().item_id = id;
  desired.deck = {hint.item_id, hint.position_ms, hint.state, hint.number.value_or(0)};
  return desired;
}

link::Command command(const char* id, link::DeckVerb verb) {
  link::Command command;
  command.id = id;
  command.command = link::rule_of(verb).name;
  return command;
}

link::Ack ack(const char* id) { return {.id = id, .is_ok = true, .error = {}}; }

link::DeadAirStarted fallback_to_the_queue() { return {.started = "queue", .is_false = {}}; }

/// A custody between a serve and a mixer that are written down.
class ShowCustodyTest : public testing::Test, protected CustodyPorts {
 protected:
  void begin(ShowNote note = {}) {
    custody_.emplace(static_cast<CustodyPorts&>(*this), std::move(note));
  }
  void begin_with_noted(link::DeckReport deck) {
    ShowNote note;
    note.deck = std::move(deck);
    begin(std::move(note));
  }

  bool to_mix(const link::KeeperToMix& message) override {
    if (!has_mixer_) return false;
    to_mix_.push_back(message);
    return true;
  }
  void to_publish(const link::KeeperToPublish& message) override { to_publish_.push_back(message); }
  void to_serve(const link::KeeperToServe& message) override { to_serve_.push_back(message); }
  void to_serve_or_keep(const link::KeeperToServe& message) override {
    to_serve_.push_back(message);
  }
  std::uint64_t write_note(const ShowNote& note) override {
    noted_ = note;
    return ++notes_;
  }

  /// The ids of the commands that the mixer was given.
  std::vector<std::string> commands() const {
    std::vector<std::string> ids;
    for (const link::KeeperToMix& message : to_mix_) {
      if (const auto* command = std::get_if<link::Command>(&message)) ids.push_back(command->id);
    }
    return ids;
  }
  link::DeckHint hint() const { return std::get<link::Desired>(to_mix_.back()).deck; }
  template <typename Message>
  Message last_to_serve() const {
    return std::get<Message>(to_serve_.back());
  }

  std::optional<ShowCustody> custody_;
  bool has_mixer_ = true;
  std::vector<link::KeeperToMix> to_mix_;
  std::vector<link::KeeperToServe> to_serve_;
  std::vector<link::KeeperToPublish> to_publish_;
  std::uint64_t notes_ = 0;
  ShowNote noted_;
};

using Ids = std::vector<std::string>;

TEST_F(ShowCustodyTest, BeginsWithTheNotedDeckWhenItIsAsNewAsServes) {
  begin_with_noted(deck("PLAYING", "two", 5));
  custody_->handle_serve(desired(deck("PLAYING", "two", 5)));
  EXPECT_EQ(hint().position_ms, 7'000);
  custody_->handle_serve(desired(deck("PAUSED", "one", 4)));
  EXPECT_EQ(hint().state, "PLAYING");
}

TEST_F(ShowCustodyTest, BeginsWithServesDeckWhenTheNoteIsOutdated) {
  begin_with_noted(deck("PAUSED", "two", 5));
  custody_->handle_serve(desired(deck("PLAYING", "one", 6)));
  EXPECT_EQ(hint().state, "PLAYING");
  EXPECT_EQ(hint().item_id, "one");
}

TEST_F(ShowCustodyTest, BeginsWithServesDeckWhenTheNotedItemHasLeftTheQueue) {
  begin_with_noted(deck("PLAYING", "gone", 5));
  custody_->handle_serve(desired(deck("PAUSED", "one", 5)));
  EXPECT_EQ(hint().item_id, "one");
}

TEST_F(ShowCustodyTest, CountsTheDecksReportsOnFromWhatIsKnown) {
  begin_with_noted(deck("PLAYING", "two", 5));
  custody_->handle_serve(desired(deck("PLAYING", "one", 9)));
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one"));
  EXPECT_EQ(last_to_serve<link::DeckReport>().number, 10);
  custody_->handle_mix(kNow, kHead, deck("PAUSED", "one"));
  EXPECT_EQ(last_to_serve<link::DeckReport>().number, 11);
}

TEST_F(ShowCustodyTest, LeavesTheDeckThatWasWantedWhenAFallbackPlaysIt) {
  begin();
  custody_->handle_serve(desired());
  custody_->handle_mix(kNow, kHead, deck("PAUSED", "one"));
  custody_->handle_mix(kNow, kHead, fallback_to_the_queue());
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "two"));
  EXPECT_EQ(noted_.deck->state, "PAUSED");
  EXPECT_EQ(noted_.deck->number, 2) << "as new as what serve knows";
  custody_->handle_mix_started();
  EXPECT_EQ(hint().state, "PAUSED");
  EXPECT_EQ(hint().item_id, "two") << "where the fallback is";
  custody_->handle_mix(kNow, kHead, link::DeadAirEnded{"voice", {}, {}});
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one"));
  EXPECT_EQ(noted_.deck->state, "PLAYING");
}

TEST_F(ShowCustodyTest, TakesTheDeckOfAMixerThatKnowsOfNoFallback) {
  begin();
  custody_->handle_serve(desired());
  custody_->handle_mix(kNow, kHead, fallback_to_the_queue());
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one"));
  custody_->handle_mix_started();
  EXPECT_EQ(hint().state, "STOPPED");
  custody_->handle_mix(kNow, kHead, link::Sessions{});
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "two"));
  EXPECT_EQ(noted_.deck->state, "PLAYING");
}

TEST_F(ShowCustodyTest, MarksEveryEndThatANewMixerTellsAgain) {
  begin();
  const auto tell = [this](const char* item, const char* reason) {
    custody_->handle_mix(kNow, kHead,
                         link::DeckItemEnded{.item_id = item, .reason = reason, .error = {}});
    return last_to_serve<link::DeckItemEnded>().is_repeated;
  };
  EXPECT_FALSE(tell("one", "SKIP"));
  EXPECT_FALSE(tell("two", "SKIP"));
  custody_->handle_mix_ended();
  custody_->handle_mix_started();
  EXPECT_TRUE(tell("one", "SKIP"));
  EXPECT_TRUE(tell("two", "END")) << "it was played to its end, and then told to be skipped";
  EXPECT_FALSE(tell("three", "STOP"));
  EXPECT_FALSE(tell("three", "STOP")) << "it has been played meanwhile";
  custody_->handle_mix_ended();
  custody_->handle_mix_started();
  EXPECT_TRUE(tell("three", "STOP"));
  EXPECT_FALSE(tell("three", "STOP"));
}

TEST_F(ShowCustodyTest, KeepsTheOrderOfCommandsAcrossAMixersDeath) {
  begin();
  custody_->handle_serve(command("play", link::DeckVerb::kPlay));
  has_mixer_ = false;  // it died before it answered
  custody_->handle_mix_ended();
  custody_->handle_serve(command("pause", link::DeckVerb::kPause));
  has_mixer_ = true;
  custody_->handle_mix_started();
  EXPECT_EQ(commands(), Ids{"play"});
  custody_->handle_serve(command("play", link::DeckVerb::kPlay));
  EXPECT_EQ(commands(), (Ids{"play", "play"})) << "given again by serve";
  custody_->handle_mix(kNow, kHead, ack("play"));
  EXPECT_EQ(commands(), (Ids{"play", "play", "pause"}));
}

TEST_F(ShowCustodyTest, RefusesACommandThatNoMixerOutlives) {
  begin();
  for (int mixer = 0; mixer < 5; ++mixer) {
    custody_->handle_serve(command("poison", link::DeckVerb::kPlay));
    EXPECT_TRUE(to_serve_.empty());
    custody_->handle_mix_ended();
  }
  ASSERT_EQ(to_serve_.size(), 1U);
  EXPECT_EQ(last_to_serve<link::Ack>().id, "poison");
  EXPECT_FALSE(last_to_serve<link::Ack>().is_ok);
}

TEST_F(ShowCustodyTest, TakesTheOrderOfCommandsFromAServeThatComesAnew) {
  begin();
  has_mixer_ = false;
  custody_->handle_serve(command("pause", link::DeckVerb::kPause));
  custody_->greet();
  has_mixer_ = true;
  custody_->handle_serve(command("play", link::DeckVerb::kPlay));
  custody_->handle_serve(command("pause", link::DeckVerb::kPause));
  EXPECT_EQ(commands(), Ids{"play"});
  custody_->handle_mix(kNow, kHead, ack("play"));
  EXPECT_EQ(commands(), (Ids{"play", "pause"}));
}

TEST_F(ShowCustodyTest, GivesStreamKeysToPublishAloneAndNothingElse) {
  begin();
  link::Desired told = desired();
  told.show_id = "show-1";
  told.outputs.push_back({.id = "out-1", .url = "rtmp://there/live/SECRET", .key_at = {}});
  custody_->handle_serve(told);
  custody_->handle_mix_started();
  custody_->handle_publish_started();
  ASSERT_EQ(to_mix_.size(), 2U);
  for (const link::KeeperToMix& message : to_mix_) {
    EXPECT_EQ(json::serialize(link::to_json(message)).find("SECRET"), std::string::npos);
    EXPECT_EQ(std::get<link::Desired>(message).queue.size(), 2U);
  }
  ASSERT_EQ(to_publish_.size(), 2U);
  const auto& outputs = std::get<link::DesiredOutputs>(to_publish_[0]);
  EXPECT_EQ(outputs.outputs, told.outputs);
  EXPECT_EQ(outputs.show_id, "show-1");
  EXPECT_FALSE(link::to_json(outputs).contains("queue"));
}

}  // namespace
}  // namespace shelcaster::app
