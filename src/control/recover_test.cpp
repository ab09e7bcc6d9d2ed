#include <gmock/gmock.h>

#include "control/test_world.hpp"

// What a new control plane makes of what an earlier one has left.
namespace shelcaster::control {
namespace {

using ::testing::IsEmpty;

class RecoverTest : public ::testing::Test, public TestWorld {
 protected:
  /// As in restart(), but nothing has been taken up yet.
  void begin_anew() {
    stages.launched.clear();
    api = std::make_unique<Api>(config, ApiPorts{*used_store, stages, media, viewers, processes,
                                                 alarms, recordings, show_files, clock, random});
  }
};

TEST_F(RecoverTest, HearsThatAShowHasStoppedBeforeItTakesUpShows) {
  const std::string id = make_live_show();
  begin_anew();
  api->handle_link(studio::ShowId(id), link::Stopped{});
  api->recover();
  EXPECT_EQ(status_of(id), "STOPPED");
  stages.gone.insert(id);
  pass(config.redial_timeout * 2);
  EXPECT_EQ(status_of(id), "STOPPED");
  EXPECT_THAT(stages.launched, IsEmpty());
}

TEST_F(RecoverTest, LeavesAShowThatRunsToItsKeeper) {
  const std::string id = make_live_show();
  begin_anew();
  api->recover();
  EXPECT_EQ(status_of(id), "LIVE");
  connect(id);
  report_running(id);
  pass(config.redial_timeout * 2);
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_THAT(stages.launched, IsEmpty());
}

}  // namespace
}  // namespace shelcaster::control
