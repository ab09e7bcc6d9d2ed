#include "app/mix/seats/seat_book.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace shelcaster::app {
namespace {

class Sink final : public StageSink {
 public:
  void to_floor(FloorCommand&& command) override { commands.push_back(std::move(command)); }
  void to_link(link::MixToKeeper /*message*/) override {}
  void remember(std::string_view /*record*/) override {}
  void mark_on_air(std::string_view participant_id, bool is_on_air) override {
    (is_on_air ? on_air : off_air).emplace_back(participant_id);
  }
  void transmit(const net::Transmit& /*datagram*/) override {}

  /// Of one kind, since this was last asked.
  template <typename Command>
  std::vector<Command> take() {
    std::vector<Command> found;
    for (FloorCommand& command : std::exchange(commands, {})) {
      if (auto* wanted = std::get_if<Command>(&command)) found.push_back(std::move(*wanted));
    }
    return found;
  }
  /// What strips were set to, since this was last asked.
  std::vector<mixer::StripControls> take_controls() {
    std::vector<mixer::StripControls> set;
    for (const mixer::Command& command : take<mixer::Command>()) {
      if (const auto* strip = std::get_if<mixer::SetStrip>(&command))
        set.push_back(strip->controls);
    }
    return set;
  }

  std::vector<FloorCommand> commands;
  std::vector<std::string> on_air, off_air;
};

link::Seat seat_of(std::string participant_id, bool is_on_air = false) {
  link::Seat seat;
  seat.participant_id = std::move(participant_id);
  seat.role = "CALLER";
  seat.is_on_air = is_on_air;
  return seat;
}

class SeatBookTest : public testing::Test {
 protected:
  std::unique_ptr<SeatBook> make_book() {
    return std::make_unique<SeatBook>(sink_, ShowSettings());
  }

  Sink sink_;
  std::unique_ptr<SeatBook> book_ = make_book();
};

TEST_F(SeatBookTest, OpensASeatOnceAndOnlyTellsWhatChangesOfIt) {
  EXPECT_TRUE(book_->apply({seat_of("ann")}).empty());
  ASSERT_EQ(sink_.take<OpenSeat>().size(), 1U);
  EXPECT_TRUE(book_->take_changed());

  book_->apply({seat_of("ann")});
  EXPECT_TRUE(sink_.commands.empty());

  book_->apply({seat_of("ann", /*is_on_air=*/true)});
  const auto commands = sink_.take<mixer::Command>();
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_TRUE(std::get<mixer::SetOnAir>(commands[0]).on_air);
  EXPECT_EQ(sink_.on_air, std::vector<std::string>{"ann"});
  EXPECT_FALSE(book_->take_changed());
}

TEST_F(SeatBookTest, SetsAStripAsTheDeskSetTheSeat) {
  link::Seat seat = seat_of("ann", /*is_on_air=*/true);
  seat.controls = {.volume = 50, .is_muted = true, .pan = -0.5};
  book_->apply({seat});
  EXPECT_EQ(sink_.take_controls(),
            std::vector({mixer::StripControls{.gain = 0.5F, .is_muted = true, .pan = -0.5F}}));
}

TEST_F(SeatBookTest, SetsAStripAgainOnlyWhenSomethingOfItHasChanged) {
  link::Seat seat = seat_of("ann", /*is_on_air=*/true);
  book_->apply({seat});
  book_->apply({seat});
  seat.is_on_air = false;
  book_->apply({seat});
  EXPECT_EQ(sink_.take_controls().size(), 1U);
  seat.controls.pan = 1;
  book_->apply({seat});
  EXPECT_EQ(sink_.take_controls(), std::vector({mixer::StripControls{.pan = 1.0F}}));
}

TEST_F(SeatBookTest, ClosesTheSeatOfWhoeverIsNotDesiredAnyMoreAndGivesItToTheNext) {
  book_->apply({seat_of("ann"), seat_of("bob")});
  const int was_anns = book_->find("ann");
  EXPECT_EQ(book_->apply({seat_of("bob")}), std::vector<int>{was_anns});
  EXPECT_EQ(book_->find("ann"), kNoSeat);
  EXPECT_EQ(sink_.off_air.back(), "ann");

  book_->apply({seat_of("bob"), seat_of("cleo")});
  EXPECT_EQ(book_->find("cleo"), was_anns);
}

TEST_F(SeatBookTest, LeavesWhoeverIsBeyondTheLastSeatWithoutOne) {
  std::vector<link::Seat> everybody;
  for (int i = 0; i <= kSeatsMax; ++i) everybody.push_back(seat_of("p" + std::to_string(i)));
  book_->apply(everybody);
  EXPECT_EQ(sink_.take<OpenSeat>().size(), std::size_t{kSeatsMax});
  EXPECT_EQ(book_->find("p" + std::to_string(kSeatsMax)), kNoSeat);
}

TEST_F(SeatBookTest, PutsThoseOfTheProcessBeforeIntoTheirSeatsWithTheirStrips) {
  book_->apply({seat_of("ann"), seat_of("bob")});
  const auto memory = book_->memory();
  const auto next = make_book();
  ASSERT_TRUE(next->restore(memory).has_value());
  EXPECT_EQ(next->find("bob"), book_->find("bob"));

  sink_.commands.clear();
  EXPECT_EQ(next->apply({seat_of("bob"), seat_of("cleo")}), std::vector<int>{book_->find("ann")});
  for (const OpenSeat& open : sink_.take<OpenSeat>()) {
    EXPECT_EQ(open.keeps_strip, open.seat == book_->find("bob"));
  }
}

TEST_F(SeatBookTest, RefusesAMemoryThatDoesNotHangTogether) {
  EXPECT_FALSE(book_->restore({{{"seat", kSeatsMax}, {"participantId", "ann"}}}).has_value());
  EXPECT_FALSE(book_->restore({{{"seat", 0}}}).has_value());
}

}  // namespace
}  // namespace shelcaster::app
