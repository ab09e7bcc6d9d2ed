#include "app/keeper/show_custody.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "link/messages.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr base::Instant kNow = base::Instant::from_nanoseconds(1'000'000'000);
constexpr base::SampleTime kHead(48'000);

json::object deck(const char* state, const char* item, std::int64_t number) {
  return {{"type", "deck"},      {"state", state}, {"itemId", item},
          {"positionMs", 7'000}, {"title", "a"},   {"number", number}};
}

/// With "one" and "two" in the queue.
json::object desired(const json::object& hint) {
  return {{"type", "desired"},
          {"version", 1},
          {"queue", {{{"itemId", "one"}}, {{"itemId", "two"}}}},
          {"deck", hint}};
}

json::object command(const char* id, const char* name) {
  return {{"type", "command"}, {"id", id}, {"command", name}};
}

/// A custody between a serve and a mixer that are written down.
class ShowCustodyTest : public testing::Test, protected CustodyPorts {
 protected:
  void begin(ShowNote note = {}) {
    custody_.emplace(static_cast<CustodyPorts&>(*this), std::move(note));
  }
  void begin_with_noted(json::object deck) {
    ShowNote note;
    note.deck = std::move(deck);
    begin(std::move(note));
  }

  bool to_mix(const json::object& message) override {
    if (!has_mixer_) return false;
    to_mix_.push_back(message);
    return true;
  }
  void to_publish(const json::object& /*message*/) override {}
  void to_serve(const json::object& message) override { to_serve_.push_back(message); }
  void to_serve_or_keep(json::object message) override { to_serve_.push_back(message); }
  std::uint64_t write_note(const ShowNote& note) override {
    noted_ = note;
    return ++notes_;
  }

  /// The ids of the commands that the mixer was given.
  std::vector<std::string> commands() const {
    std::vector<std::string> ids;
    for (const json::object& message : to_mix_) {
      if (link::type_of(message) == "command") ids.emplace_back(message.at("id").as_string());
    }
    return ids;
  }
  json::object hint() const { return to_mix_.back().at("deck").as_object(); }

  std::optional<ShowCustody> custody_;
  bool has_mixer_ = true;
  std::vector<json::object> to_mix_;
  std::vector<json::object> to_serve_;
  std::uint64_t notes_ = 0;
  ShowNote noted_;
};

using Ids = std::vector<std::string>;

TEST_F(ShowCustodyTest, BeginsWithTheNotedDeckWhenItIsAsNewAsServes) {
  begin_with_noted(deck("PLAYING", "two", 5));
  (void)custody_->handle_serve(desired(deck("PLAYING", "two", 5)));
  EXPECT_EQ(hint().at("positionMs"), 7'000);
  (void)custody_->handle_serve(desired(deck("PAUSED", "one", 4)));
  EXPECT_EQ(hint().at("state"), "PLAYING");
}

TEST_F(ShowCustodyTest, BeginsWithServesDeckWhenTheNoteIsOutdated) {
  begin_with_noted(deck("PAUSED", "two", 5));
  (void)custody_->handle_serve(desired(deck("PLAYING", "one", 6)));
  EXPECT_EQ(hint().at("state"), "PLAYING");
  EXPECT_EQ(hint().at("itemId"), "one");
}

TEST_F(ShowCustodyTest, BeginsWithServesDeckWhenTheNotedItemHasLeftTheQueue) {
  begin_with_noted(deck("PLAYING", "gone", 5));
  (void)custody_->handle_serve(desired(deck("PAUSED", "one", 5)));
  EXPECT_EQ(hint().at("itemId"), "one");
}

TEST_F(ShowCustodyTest, CountsTheDecksReportsOnFromWhatIsKnown) {
  begin_with_noted(deck("PLAYING", "two", 5));
  (void)custody_->handle_serve(desired(deck("PLAYING", "one", 9)));
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one", 0));
  EXPECT_EQ(to_serve_.back().at("number"), 10);
  custody_->handle_mix(kNow, kHead, deck("PAUSED", "one", 0));
  EXPECT_EQ(to_serve_.back().at("number"), 11);
}

TEST_F(ShowCustodyTest, LeavesTheDeckThatWasWantedWhenAFallbackPlaysIt) {
  begin();
  (void)custody_->handle_serve(desired({}));
  custody_->handle_mix(kNow, kHead, deck("PAUSED", "one", 0));
  custody_->handle_mix(kNow, kHead, {{"type", "dead_air"}, {"started", "queue"}});
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "two", 0));
  EXPECT_EQ(noted_.deck->at("state"), "PAUSED");
  EXPECT_EQ(noted_.deck->at("number"), 2) << "as new as what serve knows";
  custody_->handle_mix_started();
  EXPECT_EQ(hint().at("state"), "PAUSED");
  EXPECT_EQ(hint().at("itemId"), "two") << "where the fallback is";
  custody_->handle_mix(kNow, kHead, {{"type", "dead_air_ended"}, {"reason", "voice"}});
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one", 0));
  EXPECT_EQ(noted_.deck->at("state"), "PLAYING");
}

TEST_F(ShowCustodyTest, TakesTheDeckOfAMixerThatKnowsOfNoFallback) {
  begin();
  (void)custody_->handle_serve(desired({}));
  custody_->handle_mix(kNow, kHead, {{"type", "dead_air"}, {"started", "queue"}});
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "one", 0));
  custody_->handle_mix_started();
  EXPECT_EQ(hint().at("state"), "STOPPED");
  custody_->handle_mix(kNow, kHead, link::to_json(link::Sessions{}));
  custody_->handle_mix(kNow, kHead, deck("PLAYING", "two", 0));
  EXPECT_EQ(noted_.deck->at("state"), "PLAYING");
}

TEST_F(ShowCustodyTest, MarksEveryEndThatANewMixerTellsAgain) {
  begin();
  const auto tell = [this](const char* item, const char* reason) {
    custody_->handle_mix(kNow, kHead,
                         {{"type", "deck_item_ended"}, {"itemId", item}, {"reason", reason}});
    return to_serve_.back().contains("isRepeated");
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
  (void)custody_->handle_serve(command("play", "DECK_PLAY"));
  has_mixer_ = false;  // it died before it answered
  custody_->handle_mix_ended();
  (void)custody_->handle_serve(command("pause", "DECK_PAUSE"));
  has_mixer_ = true;
  custody_->handle_mix_started();
  EXPECT_EQ(commands(), Ids{"play"});
  (void)custody_->handle_serve(command("play", "DECK_PLAY"));
  EXPECT_EQ(commands(), (Ids{"play", "play"})) << "given again by serve";
  custody_->handle_mix(kNow, kHead, {{"type", "ack"}, {"id", "play"}, {"ok", true}});
  EXPECT_EQ(commands(), (Ids{"play", "play", "pause"}));
}

TEST_F(ShowCustodyTest, RefusesACommandThatNoMixerOutlives) {
  begin();
  for (int mixer = 0; mixer < 5; ++mixer) {
    (void)custody_->handle_serve(command("poison", "DECK_PLAY"));
    EXPECT_TRUE(to_serve_.empty());
    custody_->handle_mix_ended();
  }
  ASSERT_EQ(to_serve_.size(), 1U);
  const auto ack = link::parse_ack(to_serve_.back());
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->id, "poison");
  EXPECT_FALSE(ack->is_ok);
}

TEST_F(ShowCustodyTest, TakesTheOrderOfCommandsFromAServeThatComesAnew) {
  begin();
  has_mixer_ = false;
  (void)custody_->handle_serve(command("pause", "DECK_PAUSE"));
  custody_->greet();
  has_mixer_ = true;
  (void)custody_->handle_serve(command("play", "DECK_PLAY"));
  (void)custody_->handle_serve(command("pause", "DECK_PAUSE"));
  EXPECT_EQ(commands(), Ids{"play"});
  custody_->handle_mix(kNow, kHead, {{"type", "ack"}, {"id", "play"}, {"ok", true}});
  EXPECT_EQ(commands(), (Ids{"play", "pause"}));
}

}  // namespace
}  // namespace shelcaster::app
