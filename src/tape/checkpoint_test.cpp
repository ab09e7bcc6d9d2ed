#include "tape/checkpoint.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tape/tape.hpp"

namespace shelcaster::tape {
namespace {

/// Every byte is a function of n, and so is the size: a mixture of two records shows.
base::Bytes record_of(std::uint64_t n) {
  base::Bytes record(1000 + n % 3000, static_cast<std::byte>(n * 31));
  std::memcpy(record.data(), &n, sizeof n);
  return record;
}

std::uint64_t number_of(const base::Bytes& record) {
  std::uint64_t n = 0;
  std::memcpy(&n, record.data(), sizeof n);
  return n;
}

void write_sound(Checkpoint& checkpoint, const base::Bytes& record) {
  const std::span<std::byte> to = checkpoint.begin_sound();
  ASSERT_GE(to.size(), Checkpoint::kSoundBytesMax);
  std::memcpy(to.data(), record.data(), record.size());
  checkpoint.commit_sound(record.size());
}

TEST(Checkpoint, IsEmptyUntilWrittenAndThenGivesTheNewestRecords) {
  Checkpoint keeper = Checkpoint::create().value();
  Checkpoint mix = Checkpoint::attach(keeper.fd()).value();
  EXPECT_FALSE(keeper.read_sound());
  EXPECT_FALSE(keeper.read_stage());
  for (std::uint64_t n = 1; n < 10; ++n) {
    write_sound(mix, record_of(n));
    EXPECT_EQ(keeper.read_sound(), record_of(n));
    EXPECT_TRUE(mix.write_stage(record_of(100 + n)));
    EXPECT_EQ(keeper.read_stage(), record_of(100 + n));
    EXPECT_EQ(keeper.read_sound(), record_of(n));
  }
}

TEST(Checkpoint, HasNoRecordRatherThanAnOldOneWhenOneIsTooLong) {
  Checkpoint checkpoint = Checkpoint::create().value();
  ASSERT_TRUE(checkpoint.write_stage(record_of(1)));
  EXPECT_FALSE(checkpoint.write_stage(base::Bytes(Checkpoint::kStageBytesMax + 1)));
  EXPECT_FALSE(checkpoint.read_stage());
  ASSERT_TRUE(checkpoint.write_stage(record_of(2)));
  EXPECT_EQ(checkpoint.read_stage(), record_of(2));
}

TEST(Checkpoint, KeepsTheLastRecordWhenOneWasNotFinished) {
  Checkpoint checkpoint = Checkpoint::create().value();
  write_sound(checkpoint, record_of(2));
  std::memset(checkpoint.begin_sound().data(), 0xff, 5000);
  EXPECT_EQ(checkpoint.read_sound(), record_of(2));
  write_sound(checkpoint, record_of(3));
  EXPECT_EQ(checkpoint.read_sound(), record_of(3));
}

TEST(Checkpoint, CountsStartsApartFromTheRecords) {
  Checkpoint keeper = Checkpoint::create().value();
  keeper.note_start();
  keeper.note_start();
  EXPECT_EQ(Checkpoint::attach(keeper.fd()).value().starts(), 2U);
  EXPECT_FALSE(keeper.read_sound());
  keeper.clear_starts();
  EXPECT_EQ(keeper.starts(), 0U);
}

TEST(Checkpoint, RefusesDescriptorsThatAreNoCheckpoint) {
  EXPECT_FALSE(Checkpoint::attach(-1));
  const Tape tape = create_tape(1, {}).value();
  EXPECT_FALSE(Checkpoint::attach(tape.fd()));
}

TEST(Checkpoint, StaysWholeWhenItsWriterIsKilledAtAnyMoment) {
  Checkpoint keeper = Checkpoint::create().value();
  std::uint64_t from = 0;
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      auto mix = Checkpoint::attach(keeper.fd());
      for (std::uint64_t n = from + 1;; ++n) {
        write_sound(*mix, record_of(n));
        mix->journal().note({.sequence = static_cast<std::uint16_t>(n), .payload = record_of(n)});
      }
    }
    ASSERT_GT(child, 0);
    // A record that is written over while it is read isn't given, or is torn: the writer lives.
    for (std::uint64_t n = 0; n <= from + 10;) {
      ASSERT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "the writer ended by itself";
      if (const auto record = keeper.read_sound()) n = number_of(*record);
    }
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    const auto record = keeper.read_sound();
    ASSERT_TRUE(record);
    from = number_of(*record);
    ASSERT_EQ(*record, record_of(from));
  }
}

}  // namespace
}  // namespace shelcaster::tape
