#include "control/live_board.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control {
namespace {

using base::WallTime;

TEST(MemoryBoard, KeepsWhoAskedApartFromWhatARunnerWrites) {
  const studio::ShowId show("show-1");
  const studio::ParticipantId ada("ada"), bob("bob");
  MemoryBoard board;
  board.note_asked(show, ada, WallTime::from_unix_ms(1'000));
  board.note_asked(show, bob, WallTime::from_unix_ms(2'000));
  EXPECT_EQ(board.find(show), nullptr) << "it doesn't run";
  board.update(show, [](LiveShow& live) { live.keeper_pid = 7; });
  ASSERT_NE(board.find(show), nullptr);
  EXPECT_EQ(board.find(show)->keeper_pid, 7);
  board.remove(show);
  EXPECT_TRUE(board.shows().empty());
  EXPECT_EQ(board.asked_at(ada)->unix_ms(), 1'000);
  const auto gone = board.forget_asked(WallTime::from_unix_ms(1'000));
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].second, ada);
  EXPECT_FALSE(board.asked_at(ada));
  EXPECT_TRUE(board.asked_at(bob));
}

}  // namespace
}  // namespace shelcaster::control
