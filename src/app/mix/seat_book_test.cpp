#include "app/mix/seat_book.hpp"

#include <gtest/gtest.h>

#include <variant>
#include <vector>

namespace shelcaster::app {
namespace {

class SeatBookTest : public testing::Test, protected StageSink {
 protected:
  void to_floor(FloorCommand&& command) override {
    if (const auto* engine = std::get_if<mixer::Command>(&command)) {
      if (const auto* set = std::get_if<mixer::SetStrip>(engine)) set_.push_back(set->controls);
    }
  }
  void to_link(link::MixToKeeper /*message*/) override {}
  void remember(std::string_view /*record*/) override {}
  void transmit(const net::Transmit& /*datagram*/) override {}

  static link::Seat ada() { return {.participant_id = "ada", .role = "CALLER", .is_on_air = true}; }

  std::vector<mixer::StripControls> set_;
  SeatBook book_{*this, ShowSettings()};
};

TEST_F(SeatBookTest, SetsAStripAsTheDeskSetTheSeat) {
  link::Seat seat = ada();
  seat.controls = {.volume = 50, .is_muted = true, .pan = -0.5};
  book_.apply(std::vector{seat});
  ASSERT_EQ(set_.size(), 1U);
  EXPECT_EQ(set_[0], (mixer::StripControls{.gain = 0.5F, .is_muted = true, .pan = -0.5F}));
}

TEST_F(SeatBookTest, SetsAStripAgainOnlyWhenSomethingOfItHasChanged) {
  link::Seat seat = ada();
  book_.apply(std::vector{seat});
  book_.apply(std::vector{seat});
  seat.is_on_air = false;
  book_.apply(std::vector{seat});
  EXPECT_EQ(set_.size(), 1U);
  seat.controls.pan = 1;
  book_.apply(std::vector{seat});
  ASSERT_EQ(set_.size(), 2U);
  EXPECT_EQ(set_[1], (mixer::StripControls{.pan = 1.0F}));
}

}  // namespace
}  // namespace shelcaster::app
