#include "control/ask.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

using namespace std::chrono_literals;

const studio::ShowId kShow("show-1"), kOther("show-2");

class DirectAskTest : public testing::Test {
 protected:
  Ask::Take into(std::vector<Reply>& replies) {
    return [&replies](const Reply& reply) { replies.push_back(reply); };
  }
  FakeClock clock;
  DirectAsk ask{clock};
  std::vector<Reply> first, second;
};

TEST_F(DirectAskTest, GivesOneReplyMaybeAtOnce) {
  ask.listen([&](const Question& question) { ask.reply(question.id, Unreachable{}); });
  ask.ask({"q1", kShow, link::Offer{}, 8s}, into(first));
  ask.reply("q1", link::Answer{});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Unreachable>(first[0]));
}

TEST_F(DirectAskTest, SaysWhenNoReplyHasComeInTime) {
  ask.ask({"q1", kShow, link::Offer{}, 8s}, into(first));
  clock.elapsed = 7s;
  ask.handle_tick();
  EXPECT_TRUE(first.empty());
  clock.elapsed = 8s;
  ask.handle_tick();
  ask.reply("q1", link::Answer{});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<TooLate>(first[0]));
}

TEST_F(DirectAskTest, TellsAllWhoWaitForTheEndOfAShowAndNobodyElse) {
  ask.ask({"q1", kShow, WhenStopped{}, 60s}, into(first));
  ask.ask({"q2", kShow, WhenStopped{}, 60s}, into(first));
  ask.ask({"q3", kShow, link::Offer{}, 8s}, into(second));
  ask.ask({"q4", kOther, WhenStopped{}, 60s}, into(second));
  ask.reply_all(kShow, {studio::ShowStatus::kStopped, {}});
  EXPECT_EQ(first.size(), 2U);
  EXPECT_TRUE(second.empty());
}

}  // namespace
}  // namespace shelcaster::control
