#include "app/publish/destination_set.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// What became of a made-up destination, which outlives it: its worker may be cut loose.
struct Fate {
  std::atomic<int> pushed = 0;
  std::atomic<int> works = 0;
  std::atomic<bool> is_hanging = false;  // work() doesn't come back before it is let go
  std::atomic<bool> has_failed = false;
  std::atomic<bool> has_finished = false;
  std::atomic<bool> has_left = false;
  std::atomic<bool> is_gone = false;
};

class FakeDestination final : public Destination {
 public:
  explicit FakeDestination(std::shared_ptr<Fate> fate) : fate_(std::move(fate)) {}
  ~FakeDestination() override { fate_->is_gone = true; }

  void push(const ProgrammeUnit&) override { ++fate_->pushed; }
  void work() override {
    ++fate_->works;
    while (fate_->is_hanging) std::this_thread::sleep_for(1ms);
  }
  bool finish() override {
    work();
    fate_->has_finished = true;
    return true;
  }
  void leave() override { fate_->has_left = true; }
  [[nodiscard]] DestinationStatus status() const override {
    DestinationStatus status;
    status.state = fate_->has_failed ? "retrying" : "live";
    status.problem = fate_->has_failed ? "broken" : "";
    return status;
  }
  [[nodiscard]] base::Duration period() const override { return 1ms; }

 private:
  std::shared_ptr<Fate> fate_;
};

class DestinationSetTest : public testing::Test {
 protected:
  ~DestinationSetTest() override {
    for (auto& [url, fate] : fates_) fate->is_hanging = false;
  }

  static link::OutputTarget target(const std::string& id) {
    link::OutputTarget target{id, "fake:" + id};
    target.kind = "fake";
    return target;
  }
  Fate& fate(const std::string& id) {
    auto& found = fates_["fake:" + id];
    if (!found) found = std::make_shared<Fate>();
    return *found;
  }
  void push() {
    set_.push(std::make_shared<const media::AacPacket>(media::AacPacket{base::SampleTime(0), {}}));
  }
  std::string state_of(const std::string& id) {
    for (const link::OutputFigures& figures : set_.figures()) {
      if (figures.id == id) return figures.state + " " + figures.problem;
    }
    return "none";
  }
  static bool comes(const std::function<bool()>& what) {
    for (int i = 0; i < 5'000 && !what(); ++i) std::this_thread::sleep_for(1ms);
    return what();
  }

  std::map<std::string, std::shared_ptr<Fate>> fates_;
  const std::vector<DestinationKind> kinds_{
      {"fake",
       [this](const link::OutputTarget& target,
              const DestinationContext&) -> base::Result<std::unique_ptr<Destination>> {
         if (target.id == "unusable") return base::fail("no place like that");
         (void)fate(target.id);
         return std::make_unique<FakeDestination>(fates_.at(target.url));
       },
       {}},
      {"hurried",
       [](const link::OutputTarget&,
          const DestinationContext&) -> base::Result<std::unique_ptr<Destination>> {
         return std::make_unique<FakeDestination>(std::make_shared<Fate>());
       },
       base::Duration(40ms)}};
  DestinationSet set_{{}, kinds_};
};

TEST_F(DestinationSetTest, OneThatHangsOrFailsIsNothingToTheOthers) {
  fate("stuck").is_hanging = true;
  fate("failing").has_failed = true;
  set_.apply({target("stuck"), target("failing"), target("good")});
  ASSERT_TRUE(comes([&] { return fate("stuck").works > 0 && fate("good").works > 10; }));
  const auto before = SteadyClock::now();
  for (int i = 0; i < 1'000; ++i) push();
  EXPECT_LT(SteadyClock::now() - before, 1s) << "no call waits";
  EXPECT_EQ(fate("good").pushed, 1'000);
  const int works = fate("good").works;
  EXPECT_TRUE(comes([&] { return fate("good").works > works + 10; }));
  EXPECT_EQ(fate("stuck").works, 1);
  EXPECT_EQ(state_of("failing"), "retrying broken");
  EXPECT_EQ(state_of("good"), "live ");
}

TEST_F(DestinationSetTest, OneIsNewsWhenItDoesWellOrBadlyInAnotherWay) {
  const auto news = [&] {
    std::vector<std::string> told;
    for (const auto& one : set_.take_news()) told.push_back(one.id + ":" + one.problem);
    return told;
  };
  using Told = std::vector<std::string>;
  fate("failing").has_failed = true;
  set_.apply({target("failing"), target("good"), target("unusable")});
  EXPECT_EQ(news(), (Told{"failing:broken", "good:", "unusable:address"}));
  EXPECT_EQ(news(), Told{});
  fate("good").has_failed = true;
  EXPECT_EQ(news(), Told{"good:broken"});
  fate("good").has_failed = false;
  EXPECT_EQ(news(), Told{"good:"});
}

TEST_F(DestinationSetTest, OneIsAddedOrRemovedWhileAnotherGoesOn) {
  set_.apply({target("first")});
  push();
  set_.apply({target("late"), target("first")});
  push();
  EXPECT_EQ(fate("first").pushed, 2) << "the same one";
  EXPECT_EQ(fate("late").pushed, 1);
  set_.apply({target("late")});
  push();
  EXPECT_TRUE(comes([&] { return fate("first").is_gone.load(); }));
  EXPECT_TRUE(fate("first").has_left);
  EXPECT_FALSE(fate("late").is_gone);
  EXPECT_EQ(fate("late").pushed, 2);
}

TEST_F(DestinationSetTest, OneWhosePublisherEndsWithoutAWordDoesNothingMore) {
  {
    DestinationSet set({}, kinds_);
    set.apply({target("open")});
    ASSERT_TRUE(comes([&] { return fate("open").works > 0; }));
  }
  EXPECT_TRUE(comes([&] { return fate("open").is_gone.load(); }));
  EXPECT_FALSE(fate("open").has_left);
  EXPECT_FALSE(fate("open").has_finished);
}

TEST_F(DestinationSetTest, OneThatHangsIsCutLooseWhenItIsRemoved) {
  fate("stuck").is_hanging = true;
  set_.apply({target("stuck")});
  ASSERT_TRUE(comes([&] { return fate("stuck").works > 0; }));
  const auto before = SteadyClock::now();
  set_.apply({});
  EXPECT_LT(SteadyClock::now() - before, 1s);
  EXPECT_FALSE(fate("stuck").is_gone) << "its worker has it";
  fate("stuck").is_hanging = false;
  EXPECT_TRUE(comes([&] { return fate("stuck").is_gone.load(); }));
}

TEST_F(DestinationSetTest, OneThatIsNewHearsWhatPlaysAndWhoIsOnTheAir) {
  for (std::uint64_t number = 0; number < 3; ++number) {
    set_.push(std::make_shared<const ProgrammeMark>(ProgrammeMark{number, {}}));
  }
  set_.apply({target("late")});
  EXPECT_EQ(fate("late").pushed, 3);
}

TEST_F(DestinationSetTest, FinishesAllAtOnceInABoundedTime) {
  fate("stuck").is_hanging = fate("stuck too").is_hanging = true;
  set_.apply({target("stuck"), target("good"), target("stuck too")});
  ASSERT_TRUE(comes([&] { return fate("stuck").works > 0 && fate("stuck too").works > 0; }));
  const auto before = SteadyClock::now();
  set_.finish(300ms);
  EXPECT_LT(SteadyClock::now() - before, 550ms) << "together, not one after the other";
  EXPECT_TRUE(fate("good").has_finished);
}

TEST_F(DestinationSetTest, SaysWhatItCantTry) {
  link::OutputTarget foreign = target("foreign");
  foreign.kind = "telegraph";
  set_.apply({target("unusable"), foreign, target("good"), target("good")});
  EXPECT_EQ(state_of("unusable"), "retrying address");
  EXPECT_EQ(state_of("foreign"), "retrying kind");
  EXPECT_EQ(set_.figures().size(), 3U) << "an id is there once";
  EXPECT_FALSE(set_.figures().front().sent);
  push();
  EXPECT_EQ(fate("good").pushed, 1);
}

TEST_F(DestinationSetTest, ReadsAsOftenAsTheMostHurriedWants) {
  set_.apply({target("good")});
  EXPECT_FALSE(set_.read_period());
  link::OutputTarget hurried{"hurried", ""};
  hurried.kind = "hurried";
  set_.apply({target("good"), hurried});
  EXPECT_EQ(set_.read_period(), base::Duration(40ms));
}

}  // namespace
}  // namespace shelcaster::app
