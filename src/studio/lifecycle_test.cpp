#include "studio/lifecycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace shelcaster::studio {
namespace {

TEST(ShowLifecycle, AllowsExactlyTheseTransitions) {
  using enum ShowStatus;
  const std::map<ShowStatus, std::set<ShowStatus>> table = {
      {kCreating, {kStarting, kError}}, {kStarting, {kLive, kStopping, kError}},
      {kLive, {kStopping, kError}},     {kStopping, {kStopped, kError}},
      {kStopped, {kStarting}},          {kError, {kStarting}}};
  for (const ShowStatus from : kShowStatuses) {
    for (const ShowStatus to : kShowStatuses) {
      const bool expected = table.at(from).contains(to);
      EXPECT_EQ(may_follow(from, to), expected) << to_string(from) << " → " << to_string(to);
      EXPECT_EQ(transition(from, to).has_value(), expected);
    }
  }
}

TEST(ShowLifecycle, SaysWhatIsAllowedInsteadOfAnIllegalTransition) {
  const auto refused = transition(ShowStatus::kLive, ShowStatus::kStarting);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "a show that is LIVE can't become STARTING; allowed: STOPPING, ERROR");
}

TEST(ShowLifecycle, ReadsBackItsNames) {
  for (const ShowStatus status : kShowStatuses) {
    EXPECT_EQ(parse_show_status(to_string(status)), status);
  }
  EXPECT_EQ(parse_show_status("live"), std::nullopt);
}

constexpr std::array kEvents = {ParticipantEvent::kConnect,   ParticipantEvent::kPublish,
                                ParticipantEvent::kUnpublish, ParticipantEvent::kDisconnect,
                                ParticipantEvent::kPutOnAir,  ParticipantEvent::kTakeOffAir,
                                ParticipantEvent::kMute,      ParticipantEvent::kUnmute};

// Walks every reachable set of facts with every event.
TEST(ParticipantLifecycle, EveryEventInEveryStateEndsInAnAllowedState) {
  std::set<unsigned> seen;
  std::set<ParticipantState> states;
  std::vector<ParticipantFacts> open{{}};
  const auto number_of = [](const ParticipantFacts& f) {
    unsigned number = 0;
    for (const bool bit : {f.has_been_connected, f.is_connected, f.is_publishing, f.is_muted,
                           f.is_on_air, f.has_been_on_air}) {
      number = number * 2 + (bit ? 1U : 0U);
    }
    return number;
  };
  while (!open.empty()) {
    const ParticipantFacts facts = open.back();
    open.pop_back();
    if (!seen.insert(number_of(facts)).second) continue;
    const ParticipantState from = state_of(facts);
    states.insert(from);
    for (const ParticipantEvent event : kEvents) {
      const ParticipantFacts after = apply(facts, event);
      const ParticipantState to = state_of(after);
      const auto allowed = allowed_after(from);
      EXPECT_TRUE(from == to || std::find(allowed.begin(), allowed.end(), to) != allowed.end())
          << to_string(from) << " → " << to_string(to);
      open.push_back(after);
    }
  }
  EXPECT_EQ(states.size(), kParticipantStates.size()) << "every state can be reached";
}

TEST(ParticipantLifecycle, ComesBackOnAirAfterALostConnection) {
  ParticipantFacts facts;
  for (const auto event : {ParticipantEvent::kConnect, ParticipantEvent::kPublish,
                           ParticipantEvent::kPutOnAir, ParticipantEvent::kDisconnect}) {
    facts = apply(facts, event);
  }
  EXPECT_EQ(state_of(facts), ParticipantState::kDisconnected);
  facts = apply(apply(facts, ParticipantEvent::kConnect), ParticipantEvent::kPublish);
  EXPECT_EQ(state_of(facts), ParticipantState::kOnAir);
}

TEST(ParticipantLifecycle, FollowsTheSeedsLine) {
  ParticipantFacts facts;
  EXPECT_EQ(state_of(facts), ParticipantState::kJoining);
  facts = apply(facts, ParticipantEvent::kConnect);
  EXPECT_EQ(state_of(facts), ParticipantState::kConnected);
  facts = apply(facts, ParticipantEvent::kPublish);
  EXPECT_EQ(state_of(facts), ParticipantState::kPublishing);
  facts = apply(facts, ParticipantEvent::kPutOnAir);
  EXPECT_EQ(state_of(facts), ParticipantState::kOnAir);
  facts = apply(facts, ParticipantEvent::kTakeOffAir);
  EXPECT_EQ(state_of(facts), ParticipantState::kOffAir);
}

}  // namespace
}  // namespace shelcaster::studio
