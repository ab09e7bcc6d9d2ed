#include "tape/tape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace shelcaster::tape {
namespace {

constexpr std::int64_t kBlock = 480;
const Epoch kEpoch{base::Instant::from_nanoseconds(5'000'000'123),
                   base::WallTime::from_unix_ms(1'700'000'000'123)};

/// Frame n holds n and -n, exact in float below 2^24.
std::vector<float> frames_from(std::int64_t first, std::int64_t count) {
  std::vector<float> frames;
  for (std::int64_t n = first; n < first + count; ++n) {
    frames.push_back(static_cast<float>(n % (1 << 24)));
    frames.push_back(-static_cast<float>(n % (1 << 24)));
  }
  return frames;
}

struct Fixture {
  Tape tape = create_tape(1, kEpoch).value();
  TapeWriter writer = TapeWriter::attach(tape.fd()).value();
  TapeReader reader = TapeReader::attach(tape.fd()).value();
};

TEST(Tape, GivesBackWhatWasWrittenAndItsEpoch) {
  Fixture f;
  f.writer.write(base::SampleTime(0), frames_from(0, kBlock));
  f.writer.write(base::SampleTime(kBlock), frames_from(kBlock, kBlock));
  EXPECT_EQ(f.reader.head(), base::SampleTime(2 * kBlock));
  EXPECT_EQ(f.reader.epoch().monotonic, kEpoch.monotonic);
  EXPECT_EQ(f.reader.epoch().wall, kEpoch.wall);
  EXPECT_EQ(f.reader.capacity_samples(), 48'000);

  std::vector<float> got(2 * 600);
  ASSERT_EQ(f.reader.read(base::SampleTime(100), got), ReadResult::kOk);
  EXPECT_EQ(got, frames_from(100, 600));
}

TEST(Tape, SaysNotYetForWhatLiesBeyondTheHead) {
  Fixture f;
  f.writer.write(base::SampleTime(0), frames_from(0, kBlock));
  std::vector<float> got(2 * kBlock);
  EXPECT_EQ(f.reader.read(base::SampleTime(1), got), ReadResult::kNotYet);
  EXPECT_EQ(f.reader.read(base::SampleTime(0), got), ReadResult::kOk);
}

TEST(Tape, SaysOverwrittenOnceTheRingHasGoneRound) {
  Fixture f;
  for (std::int64_t at = 0; at < 48'000 + kBlock; at += kBlock) {
    f.writer.write(base::SampleTime(at), frames_from(at, kBlock));
  }
  std::vector<float> got(2 * kBlock);
  EXPECT_EQ(f.reader.read(base::SampleTime(0), got), ReadResult::kOverwritten);
  EXPECT_EQ(f.reader.read(base::SampleTime(kBlock - 1), got), ReadResult::kOverwritten);
  ASSERT_EQ(f.reader.read(base::SampleTime(kBlock), got), ReadResult::kOk);
  EXPECT_EQ(got, frames_from(kBlock, kBlock));
}

TEST(Tape, WritesSilenceForASkippedRangeEvenOneLongerThanTheRing) {
  Fixture f;
  for (std::int64_t at = 0; at < 48'000; at += kBlock) {
    f.writer.write(base::SampleTime(at), frames_from(at + 1, kBlock));
  }
  f.writer.write(base::SampleTime(200'000), frames_from(200'000, kBlock));
  EXPECT_EQ(f.reader.head(), base::SampleTime(200'480));
  std::vector<float> got(2 * (48'000 - kBlock));
  ASSERT_EQ(f.reader.read(base::SampleTime(200'480 - 48'000), got), ReadResult::kOk);
  EXPECT_THAT(got, testing::Each(0.0F));
}

TEST(Tape, NeverChangesWhatIsBehindTheHead) {
  Fixture f;
  f.writer.write(base::SampleTime(0), frames_from(0, kBlock));
  f.writer.write(base::SampleTime(kBlock / 2), frames_from(90'000, kBlock));
  EXPECT_EQ(f.reader.head(), base::SampleTime(kBlock / 2 + kBlock));
  std::vector<float> got(2 * kBlock);
  ASSERT_EQ(f.reader.read(base::SampleTime(0), got), ReadResult::kOk);
  EXPECT_EQ(got, frames_from(0, kBlock));
  f.writer.write(base::SampleTime(0), frames_from(70'000, kBlock));
  EXPECT_EQ(f.reader.head(), base::SampleTime(kBlock / 2 + kBlock));
}

TEST(Tape, LetsANewWriterGoOnWhereTheLastOneStopped) {
  Fixture f;
  f.writer.write(base::SampleTime(0), frames_from(0, kBlock));
  TapeWriter next = TapeWriter::attach(f.tape.fd()).value();
  EXPECT_EQ(next.head(), base::SampleTime(kBlock));
  EXPECT_EQ(next.epoch().wall, kEpoch.wall);
  next.write(next.head(), frames_from(kBlock, kBlock));
  std::vector<float> got(4 * kBlock);
  ASSERT_EQ(f.reader.read(base::SampleTime(0), got), ReadResult::kOk);
  EXPECT_EQ(got, frames_from(0, 2 * kBlock));
}

TEST(Tape, GivesANewWriterTheFrameBeforeItsHead) {
  Tape tape = *create_tape(1, {});
  TapeWriter first = *TapeWriter::attach(tape.fd());
  EXPECT_EQ(first.last_frame(), (std::array<float, 2>{}));
  first.write(base::SampleTime(0), std::array{0.1F, 0.2F, 0.3F, 0.4F});
  TapeWriter second = *TapeWriter::attach(tape.fd());
  EXPECT_EQ(second.last_frame(), (std::array{0.3F, 0.4F}));
  first.write(base::SampleTime(2), std::array{0.5F, NAN});
  EXPECT_EQ(second.last_frame(), (std::array<float, 2>{})) << "another process wrote it";
}

TEST(Tape, KeepsTheLastMarksAndSaysWhichAreGone) {
  Fixture f;
  Mark mark;
  EXPECT_EQ(f.reader.read_mark(0, mark), ReadResult::kNotYet);
  for (int n = 0; n < 300; ++n) {
    f.writer.mark(base::SampleTime(n * kBlock), MarkKind::kTrack, "title " + std::to_string(n));
  }
  EXPECT_EQ(f.reader.mark_count(), 300U);
  EXPECT_EQ(f.reader.read_mark(43, mark), ReadResult::kOverwritten);
  ASSERT_EQ(f.reader.read_mark(44, mark), ReadResult::kOk);
  EXPECT_EQ(mark.text, "title 44");
  EXPECT_EQ(mark.at, base::SampleTime(44 * kBlock));
  EXPECT_EQ(mark.kind, MarkKind::kTrack);
  EXPECT_EQ(f.reader.read_mark(300, mark), ReadResult::kNotYet);
}

TEST(Tape, CutsALongMarkAtACharacter) {
  Fixture f;
  std::string text(kMarkTextBytesMax - 1, 'x');
  f.writer.mark(base::SampleTime(0), MarkKind::kChapter, text + "é");
  Mark mark;
  ASSERT_EQ(f.reader.read_mark(0, mark), ReadResult::kOk);
  EXPECT_EQ(mark.text, text);
}

TEST(Tape, WhenPublishIsDueIsSeenByOthers) {
  Fixture f;
  EXPECT_EQ(f.reader.publish_due(), base::Instant());
  TapeReader publish = TapeReader::attach(f.tape.fd()).value();
  publish.set_publish_due(base::Instant::from_nanoseconds(5'000'000'000));
  EXPECT_EQ(f.reader.publish_due().nanoseconds(), 5'000'000'000);
}

TEST(Tape, ReaderPositionIsSeenByOthers) {
  Fixture f;
  EXPECT_EQ(f.reader.reader_position(), base::SampleTime(0));
  TapeReader publish = TapeReader::attach(f.tape.fd()).value();
  publish.set_reader_position(base::SampleTime(4'800));
  EXPECT_EQ(f.reader.reader_position(), base::SampleTime(4'800));
}

TEST(Tape, RefusesDescriptorsThatAreNoTape) {
  EXPECT_FALSE(create_tape(0, kEpoch));
  EXPECT_FALSE(create_tape(kTapeSecondsMax + 1, kEpoch));
  EXPECT_FALSE(TapeReader::attach(-1));
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  EXPECT_FALSE(TapeReader::attach(ends[0]));
  close(ends[0]);
  close(ends[1]);
  const int unsealed = memfd_create("test", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(unsealed, 1 << 20), 0);
  EXPECT_FALSE(TapeReader::attach(unsealed));
  close(unsealed);
}

TEST(Tape, KnowsItsSilenceWithoutReadingIt) {
  Fixture f;
  f.writer.write_silence_until(base::SampleTime(10 * kBlock));
  EXPECT_TRUE(f.reader.is_silent(base::SampleTime(0), 10 * kBlock));
  EXPECT_FALSE(f.reader.is_silent(base::SampleTime(0), 11 * kBlock)) << "beyond the head";
  f.writer.write(base::SampleTime(10 * kBlock), frames_from(10 * kBlock, kBlock));
  EXPECT_FALSE(f.reader.is_silent(base::SampleTime(0), 10 * kBlock)) << "sound came after it";
  const std::vector<float> silence(2 * kBlock);
  for (std::int64_t block = 11; block < 20; ++block) {
    f.writer.write(base::SampleTime(block * kBlock), silence);
  }
  EXPECT_FALSE(f.reader.is_silent(base::SampleTime(10 * kBlock), 2 * kBlock));
  EXPECT_TRUE(f.reader.is_silent(base::SampleTime(11 * kBlock), 9 * kBlock));
}

TEST(Tape, IsSilentAllRoundAfterALongSilence) {
  Fixture f;
  const std::int64_t capacity = f.reader.capacity_samples();
  f.writer.write(base::SampleTime(0), frames_from(0, kBlock));
  const std::int64_t end = kBlock + 3 * capacity;
  for (std::int64_t at = kBlock; at < end; at += kBlock) {
    f.writer.write_silence_until(base::SampleTime(at + kBlock));
  }
  std::vector<float> got(2 * static_cast<std::size_t>(capacity), 1.0F);
  ASSERT_EQ(f.reader.read(base::SampleTime(end - capacity), got), ReadResult::kOk);
  EXPECT_EQ(got, std::vector<float>(got.size()));
  EXPECT_FALSE(f.reader.is_silent(base::SampleTime(end - capacity - kBlock), kBlock))
      << "overwritten, if by silence";
}

TEST(Tape, NobodyCanTruncateIt) {
  Fixture f;
  EXPECT_NE(ftruncate(f.tape.fd(), 0), 0);
}

/// Follows the writer until `blocks` reads were kOk; each of them must be what was written.
bool follow(TapeReader& reader, int blocks, std::int64_t lag) {
  std::vector<float> got(2 * kBlock);
  for (std::int64_t at = 0; blocks > 0;) {
    switch (reader.read(base::SampleTime(at), got)) {
      case ReadResult::kOk:
        if (got != frames_from(at, kBlock)) return false;
        at += kBlock;
        --blocks;
        break;
      case ReadResult::kNotYet:
        break;
      case ReadResult::kOverwritten:
        at = std::max<std::int64_t>(at, reader.head().samples() - lag);
        break;
    }
  }
  return true;
}

// The writer goes on for as long as the reader wants: how often that comes in time at the edge of
// being overwritten is the scheduler's affair.
TEST(Tape, NeverShowsATornRangeToAThreadThatReadsAtTheEdgeOfBeingOverwritten) {
  Fixture f;
  std::atomic<bool> is_whole = false;
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    is_whole = follow(f.reader, 1'000, 47'000);
    is_done = true;
  });
  for (std::int64_t at = 0; !is_done; at += kBlock) {
    f.writer.write(base::SampleTime(at), frames_from(at, kBlock));
    f.writer.mark(base::SampleTime(at), MarkKind::kChapter, "x");
  }
  reader.join();
  EXPECT_TRUE(is_whole);
}

TEST(Tape, NeverShowsATornMarkToAnotherThread) {
  Fixture f;
  std::atomic<bool> is_done = false;
  std::atomic<int> bad = 0;
  std::thread reader([&] {
    Mark mark;
    while (!is_done) {
      const std::uint64_t count = f.reader.mark_count();
      const std::uint64_t oldest = count > 256 ? count - 256 : 0;
      if (f.reader.read_mark(oldest, mark) != ReadResult::kOk) continue;
      const std::string expected(1 + oldest % 200, static_cast<char>('a' + oldest % 26));
      if (mark.text != expected || mark.at.samples() != static_cast<std::int64_t>(oldest)) ++bad;
    }
  });
  for (std::uint64_t n = 0; n < 100'000; ++n) {
    f.writer.mark(base::SampleTime(static_cast<std::int64_t>(n)), MarkKind::kChapter,
                  std::string(1 + n % 200, static_cast<char>('a' + n % 26)));
  }
  is_done = true;
  reader.join();
  EXPECT_EQ(bad, 0);
}

TEST(Tape, CarriesSoundBetweenProcesses) {
  Tape tape = create_tape(1, kEpoch).value();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto writer = TapeWriter::attach(tape.fd());
    if (!writer) _exit(1);
    for (std::int64_t at = 0;; at += kBlock) {
      writer->write(base::SampleTime(at), frames_from(at, kBlock));
    }
  }
  ASSERT_GT(child, 0);
  TapeReader reader = TapeReader::attach(tape.fd()).value();
  EXPECT_TRUE(follow(reader, 1'000, 24'000));
  kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace shelcaster::tape
