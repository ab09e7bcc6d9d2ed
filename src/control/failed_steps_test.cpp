#include <gtest/gtest.h>

#include <algorithm>

#include "control/test_world.hpp"

// What becomes of a step that the store or the link doesn't take.
namespace shelcaster::control {
namespace {

using namespace std::chrono_literals;

class StepsThatFailTest : public testing::Test, public TestWorld {
 protected:
  [[nodiscard]] bool is_told_cleared() const {
    return std::ranges::any_of(alarms.told, [](const Alarm& one) { return !one.is_raised; });
  }
  /// It doesn't come up.
  std::string make_failed_show() {
    const std::string id = make_show();
    call("POST", "/shows/" + id + "/start");
    pass(config.start_timeout + 1s);
    return id;
  }
};

TEST_F(StepsThatFailTest, AreTriedAgainWhenAShowIsToBeInErrorAndTheDiskIsFull) {
  const std::string id = make_show();
  call("POST", "/shows/" + id + "/start");
  store.commit_error = "disk full";
  pass(config.start_timeout + 5s);
  EXPECT_EQ(status_of(id), "STARTING");
  EXPECT_FALSE(stages.killed.empty());
  store.commit_error.clear();
  pass(3s);
  EXPECT_EQ(status_of(id), "ERROR");
}

TEST_F(StepsThatFailTest, LeaveAnAlertRaisedWhoseShowIsNotDeleted) {
  const std::string id = make_failed_show();
  ASSERT_EQ(status_of(id), "ERROR");
  ASSERT_FALSE(alarms.told.empty());
  store.commit_error = "disk full";
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 503);
  EXPECT_FALSE(is_told_cleared());
  store.commit_error.clear();
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  EXPECT_TRUE(is_told_cleared());
}

TEST_F(StepsThatFailTest, AreTakenUpByTheNextLookWhenTheDesiredStateWasNotSent) {
  const std::string id = make_live_show();
  stages.connected.clear();  // the link takes nothing, and nobody has said that it is gone
  EXPECT_EQ(call("PUT", "/shows/" + id + "/audio-routing", R"({"masterVolume":41})").status, 200);
  stages.connected.insert(id);
  stages.sent.clear();
  pass(6s);
  EXPECT_EQ(stages.last("desired").at("routing").at("masterVolume"), 41);
}

}  // namespace
}  // namespace shelcaster::control
