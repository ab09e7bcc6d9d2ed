#include "app/keeper/deck_commands.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);

link::Command command(const char* id, const char* name, const char* item = "") {
  link::Command made;
  made.id = id;
  made.command = name;
  made.item_id = item;
  return made;
}

link::DeckReport report(const char* state, const char* item) {
  link::DeckReport made;
  made.state = state;
  made.item_id = item;
  return made;
}

TEST(DeckCommands, IsSettledByTheReportThatShowsIt) {
  DeckCommands commands;
  commands.take(command("a", "DECK_SKIP", "one"));
  EXPECT_EQ(commands.handle_report(kStart, report("PLAYING", "two")), Ids())
      << "the mixer hasn't taken it yet";
  commands.handle_ack(kStart, "a");
  EXPECT_EQ(commands.handle_report(kStart + 10ms, report("PLAYING", "one")), Ids());
  EXPECT_EQ(commands.handle_report(kStart + 20ms, report("PLAYING", "two")), Ids{"a"});
  EXPECT_TRUE(commands.unsettled().empty());
}

TEST(DeckCommands, IsNotSettledByWhatAnotherOneDid) {
  DeckCommands commands;
  commands.take(command("a", "DECK_SKIP", "one"));
  commands.take(command("b", "DECK_SKIP", "two"));
  for (const char* id : {"a", "b"}) commands.handle_ack(kStart, id);
  EXPECT_EQ(commands.handle_report(kStart + 10ms, report("PLAYING", "two")), Ids{"a"});
  EXPECT_EQ(commands.handle_report(kStart + 20ms, report("PLAYING", "three")), Ids{"b"});
}

TEST(DeckCommands, IsSettledByTheStateThatItAsksFor) {
  struct Case {
    link::Command command;
    link::DeckReport before, after;
  };
  for (const Case& c :
       {Case{command("a", "DECK_PAUSE"), report("PLAYING", "one"), report("PAUSED", "one")},
        Case{command("a", "DECK_STOP"), report("PAUSED", "one"), report("STOPPED", "")},
        Case{command("a", "DECK_PLAY"), report("STOPPED", ""), report("PLAYING", "one")},
        Case{command("a", "DECK_PLAY", "two"), report("PLAYING", "one"), report("PLAYING", "two")},
        Case{command("a", "DECK_SKIP", "one"), report("PLAYING", "one"), report("STOPPED", "")}}) {
    DeckCommands commands;
    commands.take(c.command);
    commands.handle_ack(kStart, "a");
    EXPECT_EQ(commands.handle_report(kStart, c.before), Ids()) << c.command.command;
    EXPECT_EQ(commands.handle_report(kStart, c.after), Ids{"a"}) << c.command.command;
  }
}

TEST(DeckCommands, IsSettledByAReportThatMustBeFromAfterIt) {
  DeckCommands commands;
  commands.take(command("seek", "DECK_SEEK"));
  commands.handle_ack(kStart, "seek");
  commands.take(command("later", "DECK_SEEK"));
  commands.handle_ack(kStart + 200ms, "later");
  EXPECT_EQ(commands.handle_report(kStart + 300ms, report("PLAYING", "one")), Ids{"seek"});
  EXPECT_EQ(commands.unsettled().size(), 1U);
}

TEST(DeckCommands, IsNotSettledBeforeAnOlderOne) {
  DeckCommands commands;
  for (const char* name : {"DECK_PLAY", "DECK_PAUSE"}) commands.take(command(name, name));
  for (const char* name : {"DECK_PLAY", "DECK_PAUSE"}) commands.handle_ack(kStart, name);
  EXPECT_EQ(commands.handle_report(kStart + 20ms, report("PAUSED", "one")), Ids());
  EXPECT_EQ(commands.handle_report(kStart + 260ms, report("PAUSED", "one")),
            (Ids{"DECK_PLAY", "DECK_PAUSE"}));
}

TEST(DeckCommands, IsSettledInTimeWhenTheDeckStandsStill) {
  DeckCommands commands;
  commands.take(command("stop", "DECK_STOP"));
  commands.handle_ack(kStart, "stop");
  EXPECT_EQ(commands.handle_timeout(kStart + 1'400ms), Ids());
  EXPECT_EQ(commands.handle_timeout(kStart + 1'500ms), Ids{"stop"});
}

std::string next_of(DeckCommands& commands) {
  const auto next = commands.next();
  return next ? next->id : "";
}

TEST(DeckCommands, GivesOneAfterTheOtherInTheirOrder) {
  DeckCommands commands;
  for (const char* id : {"a", "b", "c"}) commands.take(command(id, "DECK_SEEK"));
  EXPECT_EQ(next_of(commands), "a");
  EXPECT_EQ(next_of(commands), "") << "before it is answered";
  commands.handle_ack(kStart, "a");
  EXPECT_EQ(next_of(commands), "b");
  commands.drop("b");
  EXPECT_EQ(next_of(commands), "c") << "a refusal is an answer";
}

TEST(DeckCommands, GivesWhatMayBeLostAgainBeforeWhatIsNewer) {
  DeckCommands commands;
  commands.take(command("play", "DECK_PLAY"));
  EXPECT_EQ(next_of(commands), "play");
  commands.take(command("pause", "DECK_PAUSE"));
  EXPECT_EQ(next_of(commands), "") << "a mixer may have ended before it read the first";
  commands.take(command("play", "DECK_PLAY"));
  EXPECT_EQ(next_of(commands), "play");
  commands.handle_ack(kStart + 2s, "play");
  commands.take(command("play", "DECK_PLAY"));
  EXPECT_EQ(next_of(commands), "pause") << "what is taken is not given again";
}

TEST(DeckCommands, KeepsForTheNextMixerWhatThereWasNoneFor) {
  DeckCommands commands;
  commands.take(command("a", "DECK_PLAY"));
  EXPECT_EQ(next_of(commands), "a");
  commands.put_back("a");
  EXPECT_EQ(next_of(commands), "a");
}

TEST(DeckCommands, LeavesTheOrderOfWhatIsUnansweredToServeWhenItComesAnew) {
  DeckCommands commands;
  for (const char* id : {"taken", "given", "waits"}) commands.take(command(id, "DECK_SEEK"));
  EXPECT_EQ(next_of(commands), "taken");
  commands.handle_ack(kStart, "taken");
  EXPECT_EQ(next_of(commands), "given");
  commands.drop_unanswered();
  for (const char* id : {"taken", "older", "given", "waits"}) {
    commands.take(command(id, "DECK_SEEK"));
  }
  EXPECT_EQ(next_of(commands), "older") << "what the mixer has taken is not given again";
  commands.handle_ack(kStart, "older");
  EXPECT_EQ(next_of(commands), "given");
}

TEST(DeckCommands, GivesUpWhatNoMixerOutlives) {
  DeckCommands commands;
  for (int mixer = 1; mixer <= 5; ++mixer) {
    EXPECT_EQ(commands.handle_mixer_ended(), std::nullopt) << "without having been given it";
    for (const char* id : {"ends-every-mixer", "waits"}) commands.take(command(id, "DECK_SEEK"));
    EXPECT_EQ(next_of(commands), "ends-every-mixer");
    const auto given_up = commands.handle_mixer_ended();
    EXPECT_EQ(given_up.has_value(), mixer == 5);
  }
  EXPECT_EQ(next_of(commands), "waits");
}

TEST(DeckCommands, GivesANewMixerWhatTheOldOneHadTakenAndNotShown) {
  DeckCommands commands;
  for (const char* id : {"a", "b", "ends-every-mixer"}) {
    commands.take(command(id, "DECK_SEEK"));
  }
  commands.handle_ack(kStart, "a");
  commands.handle_ack(kStart + 250ms, "b");
  EXPECT_EQ(commands.handle_report(kStart + 251ms, report("PLAYING", "one")), Ids{"a"});
  ASSERT_EQ(commands.unsettled().size(), 1U);
  EXPECT_EQ(commands.unsettled().front().id, "b");
}

}  // namespace
}  // namespace shelcaster::app
