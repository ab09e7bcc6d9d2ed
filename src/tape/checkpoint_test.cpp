#include "tape/checkpoint.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/time.hpp"
#include "tape/tape.hpp"

namespace shelcaster::tape {
namespace {

/// Every field is a function of n, so that a mixture of two states shows.
MixCheckpoint state_of(std::int64_t n) {
  MixCheckpoint state;
  state.at_samples = n;
  state.desired_version = static_cast<std::uint64_t>(n) * 3;
  state.deck.item_id = FixedText<60>("item-" + std::to_string(n));
  state.deck.position_samples = n * 7;
  state.deck.state = DeckState::kPlaying;
  state.master.limiter_reduction_db = static_cast<float>(n % 1000);
  return state;
}

bool is_whole(const MixCheckpoint& state) {
  const MixCheckpoint expected = state_of(state.at_samples);
  return state.desired_version == expected.desired_version &&
         state.deck.item_id.view() == expected.deck.item_id.view() &&
         state.deck.position_samples == expected.deck.position_samples &&
         state.master.limiter_reduction_db == expected.master.limiter_reduction_db;
}

TEST(Checkpoint, IsEmptyUntilWrittenAndThenGivesTheNewestState) {
  Checkpoint keeper = Checkpoint::create().value();
  Checkpoint mix = Checkpoint::attach(keeper.fd()).value();
  EXPECT_FALSE(keeper.read());
  for (int n = 1; n < 10; ++n) {
    mix.write(state_of(n));
    ASSERT_TRUE(keeper.read());
    EXPECT_EQ(keeper.read()->at_samples, n);
    EXPECT_TRUE(is_whole(*keeper.read()));
  }
}

TEST(Checkpoint, CountsStartsApartFromTheState) {
  Checkpoint keeper = Checkpoint::create().value();
  keeper.note_start();
  keeper.note_start();
  EXPECT_EQ(Checkpoint::attach(keeper.fd()).value().starts(), 2U);
  EXPECT_FALSE(keeper.read());
  keeper.clear_starts();
  EXPECT_EQ(keeper.starts(), 0U);
}

TEST(Checkpoint, CutsTextThatDoesNotFit) {
  const FixedText<4> text("abcdef");
  EXPECT_EQ(text.view(), "abcd");
}

TEST(Checkpoint, RefusesDescriptorsThatAreNoCheckpoint) {
  EXPECT_FALSE(Checkpoint::attach(-1));
  const Tape tape = create_tape(1, {}).value();
  EXPECT_FALSE(Checkpoint::attach(tape.fd()));
}

TEST(Checkpoint, NeverShowsATornStateToAnotherThread) {
  Checkpoint keeper = Checkpoint::create().value();
  std::thread writer([&] {
    Checkpoint mix = Checkpoint::attach(keeper.fd()).value();
    for (std::int64_t n = 1; n <= 100'000; ++n) mix.write(state_of(n));
  });
  std::int64_t last = 0;
  while (last < 100'000) {
    const auto state = keeper.read();
    if (!state) continue;
    ASSERT_TRUE(is_whole(*state));
    ASSERT_GE(state->at_samples, last);
    last = state->at_samples;
  }
  writer.join();
}

TEST(Checkpoint, StaysWholeWhenItsWriterIsKilledAtAnyMoment) {
  Checkpoint keeper = Checkpoint::create().value();
  std::int64_t from = 0;
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      auto mix = Checkpoint::attach(keeper.fd());
      for (std::int64_t n = from + 1;; ++n) mix->write(state_of(n));
    }
    ASSERT_GT(child, 0);
    while (keeper.read().value_or(MixCheckpoint{}).at_samples <= from) {
    }
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    const auto state = keeper.read();
    ASSERT_TRUE(state);
    ASSERT_TRUE(is_whole(*state));
    from = state->at_samples;
  }
}

}  // namespace
}  // namespace shelcaster::tape
