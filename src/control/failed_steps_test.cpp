#include <gtest/gtest.h>

#include <algorithm>

#include "control/hooked_store_for_tests.hpp"
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

class StoreThatCannotBeReadTest : public StepsThatFailTest {
 protected:
  StoreThatCannotBeReadTest() {
    used_store = &hooked_;
    restart();
  }
  void pass_unread(base::Duration time) {
    hooked_.read_error = "input/output error";
    pass(time);
    hooked_.read_error.clear();
  }

  HookedStore hooked_{store};
};

TEST_F(StoreThatCannotBeReadTest, LeavesNoShowInStoppingWhoseTimeForItRanOut) {
  const std::string id = make_live_show();
  call("POST", "/shows/" + id + "/stop");
  pass_unread(config.stop_timeout + 5s);
  pass(3s);
  EXPECT_EQ(status_of(id), "STOPPED");
}

TEST_F(StoreThatCannotBeReadTest, LeavesNoShowInStoppingThatSaidItHadStopped) {
  const std::string id = make_live_show();
  call("POST", "/shows/" + id + "/stop");
  hooked_.read_error = "input/output error";
  from_keeper(id, {{"type", "stopped"}});
  hooked_.read_error.clear();
  pass(500ms);
  EXPECT_EQ(status_of(id), "STOPPED");
}

TEST_F(StoreThatCannotBeReadTest, LeavesNoShowWithoutAKeeperThatEndedMeanwhile) {
  const std::string id = make_live_show();
  const std::size_t before = stages.launched.size();
  hooked_.read_error = "input/output error";
  stages.gone.insert(id);
  api->handle_stage_exit(studio::ShowId(id), "killed by signal 9");
  pass(2s);
  EXPECT_EQ(stages.launched.size(), before);
  hooked_.read_error.clear();
  pass(3s);
  EXPECT_EQ(stages.launched.size(), before + 1);
  EXPECT_EQ(status_of(id), "LIVE");
}

TEST_F(StoreThatCannotBeReadTest, EndsNoShowThatIsWell) {
  const std::string id = make_live_show();
  hooked_.read_error = "input/output error";
  connect(id);  // a link that is made anew rings
  report_running(id);
  hooked_.read_error.clear();
  pass(90s);
  EXPECT_TRUE(stages.killed.empty());
  EXPECT_EQ(stages.launched.size(), 1U);
  // Nor one whose keeper's lock can't be seen, as on a disk that is read-only.
  stages.gone.insert(id);
  pass(150s);
  EXPECT_TRUE(stages.killed.empty());
  EXPECT_EQ(status_of(id), "LIVE");
}

TEST_F(StoreThatCannotBeReadTest, TakesAnItemThatEndedMeanwhileFromTheQueue) {
  const std::string id = make_live_show();
  const std::string track =
      text(json(call("POST", "/tracks", R"({"url":"https://example.org/a.mp3"})")), "trackId");
  const auto queue =
      json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}"));
  hooked_.read_error = "input/output error";
  from_keeper(id, {{"type", "deck_item_ended"},
                   {"itemId", queue.at("items").at(0).at("itemId")},
                   {"reason", "END"}});
  hooked_.read_error.clear();
  pass(500ms);
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().empty());
}

}  // namespace
}  // namespace shelcaster::control
