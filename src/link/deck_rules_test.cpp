#include "link/deck_rules.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shelcaster::link {
namespace {

Command command(DeckVerb verb, const std::string& item = {}) {
  Command made;
  made.command = rule_of(verb).name;
  made.item_id = item;
  return made;
}

std::string after(const Command& given, const std::string& plays,
                  const std::vector<std::string>& queue = {"a", "b"}) {
  return find_rule(given)->plays_after(given, plays, queue);
}

bool shows(const Command& given, const char* state, const char* item) {
  DeckReport report;
  report.state = state;
  report.item_id = item;
  return find_rule(given)->is_shown_by(given, report);
}

TEST(DeckRules, SayWhatTheDeckHasAfterACommand) {
  EXPECT_EQ(after(command(DeckVerb::kPlay), ""), "a");
  EXPECT_EQ(after(command(DeckVerb::kPlay), "b"), "b");
  EXPECT_EQ(after(command(DeckVerb::kPlay), "", {}), "");
  EXPECT_EQ(after(command(DeckVerb::kPlay, "b"), "a"), "b");
  Command over = command(DeckVerb::kPlay);
  over.item = QueueItem{"jingle", "t", "/t", 0, {}, ""};
  EXPECT_EQ(after(over, "a"), "jingle");
  EXPECT_EQ(after(command(DeckVerb::kStop), "a"), "");
  EXPECT_EQ(after(command(DeckVerb::kSkip, "a"), "a"), "b");
  EXPECT_EQ(after(command(DeckVerb::kSkip, "b"), "b"), "");
  EXPECT_EQ(after(command(DeckVerb::kSkip, "gone"), "gone"), "a");
  EXPECT_EQ(after(command(DeckVerb::kSkip, "a"), "b"), "b") << "the deck has gone on by itself";
  for (const DeckVerb verb : {DeckVerb::kPause, DeckVerb::kSeek}) {
    EXPECT_EQ(after(command(verb), "b"), "b");
  }
}

TEST(DeckRules, SayWhichReportShowsThatACommandIsDone) {
  EXPECT_TRUE(shows(command(DeckVerb::kPlay), "PLAYING", "a"));
  EXPECT_FALSE(shows(command(DeckVerb::kPlay), "PAUSED", "a"));
  EXPECT_FALSE(shows(command(DeckVerb::kPlay, "b"), "PLAYING", "a"));
  EXPECT_TRUE(shows(command(DeckVerb::kPause), "PAUSED", "a"));
  EXPECT_TRUE(shows(command(DeckVerb::kPause), "STOPPED", ""));
  EXPECT_FALSE(shows(command(DeckVerb::kStop), "PAUSED", "a"));
  EXPECT_TRUE(shows(command(DeckVerb::kStop), "STOPPED", ""));
  EXPECT_TRUE(shows(command(DeckVerb::kSkip, "a"), "PLAYING", "b"));
  EXPECT_FALSE(shows(command(DeckVerb::kSkip, "a"), "PLAYING", "a"));
  EXPECT_FALSE(shows(command(DeckVerb::kSkip), "PLAYING", "b")) << "it may have been b before";
  EXPECT_FALSE(shows(command(DeckVerb::kSeek), "PLAYING", "a"));
}

TEST(DeckRules, KnowCommandsByTheirNamesAndWords) {
  for (const DeckVerb verb :
       {DeckVerb::kPlay, DeckVerb::kPause, DeckVerb::kStop, DeckVerb::kSkip, DeckVerb::kSeek}) {
    EXPECT_EQ(rule_of(verb).verb, verb);
    EXPECT_EQ(find_rule_by_word(rule_of(verb).word), &rule_of(verb));
    EXPECT_EQ(rule_of(verb).name, "DECK_" + std::string(rule_of(verb).word));
  }
  Command unknown;
  unknown.command = "DECK_SCRATCH";
  EXPECT_EQ(find_rule(unknown), nullptr);
  EXPECT_EQ(find_rule_by_word("DECK_PLAY"), nullptr);
}

TEST(DeckRules, TellAPlayThatTakesTheDeckFromTheQueue) {
  Command play = command(DeckVerb::kPlay);
  EXPECT_FALSE(is_unqueued_play(play));
  play.item = QueueItem{"jingle", "t", "/t", 0, {}, ""};
  EXPECT_TRUE(is_unqueued_play(play));
  play.item_id = "jingle";
  EXPECT_FALSE(is_unqueued_play(play)) << "one far down the queue";
}

}  // namespace
}  // namespace shelcaster::link
