#include "output/recording/recorder.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include "base/disk_steps_for_tests.hpp"
#include "output/recording/recording_for_tests.hpp"
#include "tape/track_mark.hpp"

namespace shelcaster::output {
namespace {

namespace fs = std::filesystem;
using media::TestFolder;
using tape::MarkKind;

constexpr std::int64_t kSecond = base::kSampleRate;

/// What the FLAC has is the tape's, to 24 bits.
void expect_programme(const std::string& flac, std::int64_t first, std::int64_t frames_min) {
  SCOPED_TRACE(flac);
  EXPECT_EQ(complaints_of(flac), "");
  const auto got = media::decoded_by_ffmpeg(flac);
  ASSERT_GE(static_cast<std::int64_t>(got.size()) / 2, frames_min);
  const auto wanted = programme(first, static_cast<std::int64_t>(got.size()) / 2);
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], wanted[i], std::ldexp(1.0, -23)) << "sample " << i / 2;
  }
}

double residual_db(std::span<const float> got, std::span<const float> wanted) {
  double error = 1e-12;
  double power = 1e-12;
  for (std::size_t i = 0; i < got.size(); ++i) {
    error += std::pow(static_cast<double>(got[i]) - static_cast<double>(wanted[i]), 2);
    power += std::pow(static_cast<double>(wanted[i]), 2);
  }
  return 10 * std::log10(error / power);
}

/// A decoder that begins with its first frame gets that one wrong: no sample of the rest is missing
/// or there twice.
void expect_aac(const std::string& aac, std::int64_t first, std::int64_t frames) {
  SCOPED_TRACE(aac);
  EXPECT_EQ(complaints_of(aac), "");
  const auto got = media::decoded_by_ffmpeg(aac);
  ASSERT_EQ(static_cast<std::int64_t>(got.size()) / 2, frames);
  const auto wanted = programme(first, frames);
  constexpr std::size_t kFloats = 2 * media::kAacFrameSamples;
  for (std::size_t at = kFloats; at + kFloats <= got.size(); at += kFloats) {
    ASSERT_LT(
        residual_db(std::span(got).subspan(at, kFloats), std::span(wanted).subspan(at, kFloats)),
        -20)
        << "frame " << at / kFloats;
  }
}

/// Recordings of which each begins with the sample behind the last of the one before.
void expect_unbroken(const std::vector<fs::path>& made, const fs::path& scratch) {
  base::SampleTime next;
  for (const fs::path& recording : made) {
    SCOPED_TRACE(recording);
    const RecordingState state = read_recording_state(recording).value();
    EXPECT_TRUE(state.is_ended);
    EXPECT_EQ(state.is_continuation, recording != made.front());
    EXPECT_EQ(state.start, next);
    const std::string flac = (recording / kRecordingFlac).string();
    expect_programme(flac, next.samples(), state.flac_next - state.start);
    const auto got = static_cast<std::int64_t>(media::decoded_by_ffmpeg(flac).size()) / 2;
    EXPECT_EQ(got, state.flac_next - state.start);
    if (recording != made.back()) {
      EXPECT_EQ(state.aac_next, state.flac_next);
    }
    next = state.aac_next;
  }
  const std::string all = (scratch / "all.aac").string();
  media::write_file(all, joined(made, kRecordingAac));
  expect_aac(all, 0, next.samples());
}

class RecorderTest : public testing::Test {
 protected:
  ~RecorderTest() override { base::disk_step = nullptr; }

  [[nodiscard]] std::string path_of(std::size_t index, std::string_view file) const {
    return (dir_ / recordings_in(dir_).at(index) / file).string();
  }
  [[nodiscard]] RecordingState state_of(std::size_t index) const {
    return read_recording_state(dir_ / recordings_in(dir_).at(index)).value();
  }
  [[nodiscard]] std::size_t count() const { return recordings_in(dir_).size(); }
  [[nodiscard]] std::vector<fs::path> folders() const {
    std::vector<fs::path> folders;
    for (const std::string& id : recordings_in(dir_)) folders.push_back(dir_ / id);
    return folders;
  }
  /// One whose recordings are three seconds long.
  [[nodiscard]] Recorder rotating(std::int64_t seconds = 3) const {
    return tape_.recorder(dir_, true, {}, room_of_disk, std::chrono::seconds(seconds));
  }

  const TestFolder folder_;
  const fs::path dir_ = folder_.path() / "show-1";
  TestTape tape_{12};
};

TEST_F(RecorderTest, KeepsTheProgrammeAsItWasOnTheAir) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(10 * kSecond);
  publisher.feed(recorder, 10 * kSecond);
  EXPECT_TRUE(recorder.status().is_open);
  EXPECT_FALSE(state_of(0).is_ended);
  recorder.finish();
  ASSERT_EQ(recordings_in(dir_), std::vector<std::string>{recording_id(kEpochMs)});
  const RecordingState state = state_of(0);
  EXPECT_TRUE(state.is_ended);
  EXPECT_FALSE(state.is_continuation);
  EXPECT_NEAR(static_cast<double>(state.duration_ms()), 10'000, 100);
  EXPECT_EQ(state.aac_bytes, static_cast<std::int64_t>(fs::file_size(path_of(0, kRecordingAac))));
  EXPECT_EQ(state.flac_bytes, static_cast<std::int64_t>(fs::file_size(path_of(0, kRecordingFlac))));
  expect_programme(path_of(0, kRecordingFlac), 0, 10 * kSecond - kAacFrame);
  expect_aac(path_of(0, kRecordingAac), 0, state.aac_next - state.start);
  EXPECT_EQ(media::output_of("ffprobe -v error -show_entries stream=duration_ts -of csv=p=0 " +
                             path_of(0, kRecordingFlac)),
            std::to_string(state.flac_next - state.start) + "\n");
}

TEST_F(RecorderTest, BeginsWhereItIsSwitchedOnInAllFiles) {
  tape_.write_until(8 * kSecond);
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 4 * kSecond);
  publisher.feed(recorder, 8 * kSecond);
  recorder.finish();
  EXPECT_EQ(recordings_in(dir_), std::vector<std::string>{recording_id(kEpochMs + 4'000)});
  expect_programme(path_of(0, kRecordingFlac), 4 * kSecond, 3 * kSecond);
  expect_aac(path_of(0, kRecordingAac), 4 * kSecond, state_of(0).aac_next - state_of(0).start);
}

TEST_F(RecorderTest, TakesFromTheTapeWhatWasNotAddedInTime) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(10 * kSecond);
  publisher.feed(recorder, 3 * kSecond);
  publisher.skip_to(200 * kAacFrame);
  publisher.feed(recorder, 10 * kSecond);
  recorder.finish();
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(recorder.status().packets_missed, 0U);
  expect_programme(path_of(0, kRecordingFlac), 0, 9 * kSecond);
  expect_aac(path_of(0, kRecordingAac), 0, state_of(0).aac_next - state_of(0).start);
}

TEST_F(RecorderTest, BeginsAnotherOneBehindWhatTheTapeNoLongerHas) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(4 * kSecond);
  publisher.feed(recorder, 4 * kSecond);
  tape_.write_until(40 * kSecond);
  publisher.skip_to(30 * kSecond);
  publisher.feed(recorder, 40 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 2U);
  EXPECT_TRUE(state_of(0).is_ended);
  EXPECT_TRUE(state_of(1).is_continuation);
  EXPECT_EQ(state_of(1).start, base::SampleTime(30 * kSecond));
  EXPECT_EQ(state_of(1).start_unix_ms, kEpochMs + 30'000);
  EXPECT_GT(recorder.status().packets_missed, 1'000U);
  expect_programme(path_of(0, kRecordingFlac), 0, 3 * kSecond);
  expect_programme(path_of(1, kRecordingFlac), 30 * kSecond, 9 * kSecond);
}

TEST_F(RecorderTest, BringsWhatADeadKeeperHasLeftToItsEndAndBeginsAnother) {
  {
    Recorder recorder = tape_.recorder(dir_);
    TestPublisher publisher(tape_, 0);
    tape_.write_until(5 * kSecond);
    publisher.feed(recorder, 5 * kSecond);
  }
  // Half a frame, and more than the state knows of.
  const std::string torn = path_of(0, kRecordingAac);
  const auto size = fs::file_size(torn);
  fs::resize_file(torn, size - 10);
  TestTape next(12, kEpochMs + 7'000);
  next.write_until(3 * kSecond);
  Recorder recorder = next.recorder(dir_);
  TestPublisher publisher(next, 0);
  publisher.feed(recorder, 3 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 2U);
  const RecordingState first = state_of(0);
  EXPECT_TRUE(first.is_ended);
  EXPECT_GT(first.duration_ms(), 4'500);
  EXPECT_TRUE(state_of(1).is_continuation);
  EXPECT_EQ(state_of(1).start_unix_ms, kEpochMs + 7'000);
  const auto got = media::decoded_by_ffmpeg(torn);
  EXPECT_GE(static_cast<std::int64_t>(got.size()) / 2, first.aac_next - first.start);
  EXPECT_GE(
      static_cast<std::int64_t>(media::decoded_by_ffmpeg(path_of(0, kRecordingFlac)).size()) / 2,
      4 * kSecond);
}

TEST_F(RecorderTest, IsNoContinuationOfWhatWasLeftLongAgo) {
  {
    Recorder recorder = tape_.recorder(dir_);
    TestPublisher publisher(tape_, 0);
    tape_.write_until(2 * kSecond);
    publisher.feed(recorder, 2 * kSecond);
  }
  TestTape next(12, kEpochMs + 3'600'000);
  next.write_until(2 * kSecond);
  Recorder recorder = next.recorder(dir_);
  TestPublisher publisher(next, 0);
  publisher.feed(recorder, 2 * kSecond);
  ASSERT_EQ(count(), 2U);
  EXPECT_TRUE(state_of(0).is_ended);
  EXPECT_FALSE(state_of(1).is_continuation);
}

TEST_F(RecorderTest, BringsToItsEndWhatIsLeftWhenNothingMoreComes) {
  {
    Recorder recorder = tape_.recorder(dir_);
    TestPublisher publisher(tape_, 0);
    tape_.write_until(3 * kSecond);
    publisher.feed(recorder, 3 * kSecond);
  }
  Recorder recorder = tape_.recorder(dir_);
  recorder.finish();
  ASSERT_EQ(count(), 1U);
  EXPECT_TRUE(state_of(0).is_ended);
}

TEST_F(RecorderTest, WaitsForOneThatStillHasTheFolder) {
  std::optional<Recorder> before(tape_.recorder(dir_));
  TestPublisher publisher(tape_, 0);
  tape_.write_until(6 * kSecond);
  publisher.feed(*before, 3 * kSecond);
  Recorder next = tape_.recorder(dir_);
  TestPublisher again(tape_, 100 * kAacFrame);
  again.feed(next, 4 * kSecond);
  EXPECT_FALSE(next.status().is_open);
  EXPECT_EQ(count(), 1U);
  before.reset();
  again.feed(next, 6 * kSecond);
  next.finish();
  ASSERT_EQ(count(), 1U) << "it goes on with the one that was left";
  expect_programme(path_of(0, kRecordingFlac), 0, 5 * kSecond);
}

TEST_F(RecorderTest, IsReadableWhereverItsEndIsTornOff) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(4 * kSecond);
  publisher.feed(recorder, 4 * kSecond);
  for (const std::string_view file : {kRecordingAac, kRecordingFlac}) {
    const std::string whole = media::read_file(path_of(0, file));
    const std::string torn = folder_ / ("torn-" + std::string(file));
    for (const std::size_t size : {whole.size() / 2 + 1, whole.size() / 2 + 77}) {
      media::write_file(torn, whole.substr(0, size));
      const auto got = static_cast<std::int64_t>(media::decoded_by_ffmpeg(torn).size()) / 2;
      EXPECT_GT(got, kSecond) << file;
      EXPECT_LT(got, 3 * kSecond) << file;
    }
  }
}

TEST_F(RecorderTest, StopsWhileTheDiskIsFullAndLosesNothingThatTheTapeStillHas) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(3 * kSecond);
  publisher.feed(recorder, 3 * kSecond);
  base::disk_step = [] { return ENOSPC; };
  tape_.write_until(7 * kSecond);
  publisher.feed(recorder, 7 * kSecond);
  EXPECT_FALSE(recorder.status().is_open);
  EXPECT_NE(recorder.status().problem, "");
  EXPECT_NE(recorder.status().detail, "");
  base::disk_step = nullptr;
  tape_.write_until(12 * kSecond);
  publisher.feed(recorder, 12 * kSecond);
  EXPECT_TRUE(recorder.status().is_open);
  EXPECT_EQ(recorder.status().problem, "");
  recorder.finish();
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(recorder.status().packets_missed, 0U);
  expect_programme(path_of(0, kRecordingFlac), 0, 11 * kSecond);
  expect_aac(path_of(0, kRecordingAac), 0, state_of(0).aac_next - state_of(0).start);
}

TEST_F(RecorderTest, LetsItsFilesGoWhenTheDiskStaysFull) {
  fs::space_info room{.capacity = 1U << 30U, .free = 1U << 30U, .available = 1U << 30U};
  Recorder recorder = tape_.recorder(dir_, true, {}, [&room](const fs::path&) { return room; });
  TestPublisher publisher(tape_, 0);
  tape_.write_until(12 * kSecond);
  publisher.feed(recorder, 3 * kSecond);
  room.available = 0;
  base::disk_step = [] { return ENOSPC; };
  publisher.feed(recorder, 4 * kSecond);
  const auto flush_until = [&recorder](std::int64_t first, std::int64_t last) {
    for (std::int64_t s = first; s <= last; ++s) {
      recorder.flush(base::Instant() + std::chrono::seconds(s));
    }
  };
  flush_until(5, 62);
  EXPECT_NE(recorder.id(), "") << "what is missing may still be on the tape";
  flush_until(63, 70);
  EXPECT_EQ(recorder.id(), "");
  EXPECT_EQ(recorder.status().problem, "disk_full");
  // Whoever needs the room has it.
  base::disk_step = nullptr;
  fs::remove_all(dir_ / recordings_in(dir_).at(0));
  room.available = room.capacity;
  flush_until(71, 74);
  EXPECT_EQ(recorder.status().problem, "");
  publisher.feed(recorder, 12 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 1U);
  EXPECT_TRUE(state_of(0).is_ended);
  EXPECT_TRUE(state_of(0).is_continuation);
  expect_programme(path_of(0, kRecordingFlac), state_of(0).start.samples(), 7 * kSecond);
}

TEST_F(RecorderTest, GoesOnInAnotherRecordingWithoutALostOrDoubledSample) {
  Recorder recorder = rotating();
  TestPublisher publisher(tape_, 0);
  recorder.add(0, {base::SampleTime(kSecond), MarkKind::kOnAir, "part-1"});
  tape_.write_until(10 * kSecond);
  publisher.feed(recorder, 10 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 4U);
  EXPECT_EQ(state_of(1).start, base::SampleTime(141 * kAacFrame)) << "three seconds, in packets";
  EXPECT_EQ(recorder.status().packets_missed, 0U);
  EXPECT_EQ(media::read_file(path_of(1, kRecordingMarks)),
            "{\"ms\":0,\"sample\":0,\"kind\":\"on_air\",\"participantId\":\"part-1\"}\n");
  expect_unbroken(folders(), folder_.path());
}

TEST_F(RecorderTest, GoesOnInAnotherRecordingWherePacketsAreMissing) {
  Recorder recorder = rotating();
  TestPublisher publisher(tape_, 0);
  tape_.write_until(10 * kSecond);
  publisher.feed(recorder, 2 * kSecond);
  publisher.skip_to(200 * kAacFrame);
  publisher.feed(recorder, 10 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 4U);
  EXPECT_EQ(recorder.status().packets_missed, 0U);
  expect_unbroken(folders(), folder_.path());
}

TEST_F(RecorderTest, EndsOneThatIsTooLongAlreadyBehindAllThatItHas) {
  {
    Recorder recorder = tape_.recorder(dir_);
    TestPublisher publisher(tape_, 0);
    tape_.write_until(10 * kSecond);
    publisher.feed(recorder, 6 * kSecond);
  }
  Recorder recorder = rotating(5);
  TestPublisher publisher(tape_, 200 * kAacFrame);
  publisher.feed(recorder, 10 * kSecond);
  recorder.finish();
  ASSERT_EQ(count(), 2U);
  EXPECT_GT(state_of(1).start, base::SampleTime(5 * kSecond));
  expect_unbroken(folders(), folder_.path());
}

/// Counted up; the step that makes it 0 finds no room.
int steps_to_full = 0;

TEST_F(RecorderTest, NotesThatItHasEndedThoughNothingMoreFits) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  tape_.write_until(4 * kSecond);
  publisher.feed(recorder, 3 * kSecond);
  publisher.feed(recorder, 3 * kSecond + 6'000);
  recorder.add(0, {base::SampleTime(0), MarkKind::kOnAir, "part-1"});
  // The first file can't grow; the state is written over in place.
  steps_to_full = -1;
  base::disk_step = [] { return ++steps_to_full == 0 ? ENOSPC : 0; };
  recorder.finish();
  base::disk_step = nullptr;
  const RecordingState state = state_of(0);
  EXPECT_TRUE(state.is_ended);
  EXPECT_NE(recorder.status().detail, "");
  EXPECT_GT(state.duration_ms(), 2'500);
  EXPECT_EQ(state.marks, 0);
  EXPECT_EQ(state.aac_bytes, static_cast<std::int64_t>(fs::file_size(path_of(0, kRecordingAac))));
  EXPECT_EQ(state.flac_bytes, static_cast<std::int64_t>(fs::file_size(path_of(0, kRecordingFlac))));
  EXPECT_EQ(fs::file_size(path_of(0, kRecordingMarks)), 0U);
}

TEST_F(RecorderTest, LeavesTheDiskItsReserve) {
  constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;
  fs::space_info room{.capacity = 100 * kGib, .free = 3 * kGib, .available = 3 * kGib};
  Recorder recorder =
      tape_.recorder(dir_, true, {.bytes = 2 * kGib}, [&room](const fs::path&) { return room; });
  TestPublisher publisher(tape_, 0);
  tape_.write_until(12 * kSecond);
  publisher.feed(recorder, 2 * kSecond);
  EXPECT_TRUE(recorder.status().is_open);
  room.available = 2 * kGib - 1;
  publisher.feed(recorder, 4 * kSecond);
  EXPECT_EQ(recorder.status().problem, "disk_full");
  EXPECT_FALSE(recorder.status().is_open);
  room.available = 2 * kGib;
  publisher.feed(recorder, 7 * kSecond);
  EXPECT_FALSE(recorder.status().is_open) << "it would stop again at once";
  room.available = 3 * kGib;
  publisher.feed(recorder, 12 * kSecond);
  EXPECT_TRUE(recorder.status().is_open);
  recorder.finish();
  ASSERT_EQ(count(), 1U) << "the tape had what was missing";
  expect_programme(path_of(0, kRecordingFlac), 0, 11 * kSecond);
  // Of a small disk, a tenth.
  room = {.capacity = 10 * kGib, .free = 2 * kGib, .available = 2 * kGib};
  Recorder small = tape_.recorder(folder_.path() / "show-2", true, {.bytes = 5 * kGib},
                                  [&room](const fs::path&) { return room; });
  TestPublisher again(tape_, 0);
  again.feed(small, 2 * kSecond);
  EXPECT_TRUE(small.status().is_open);
  // What others have reserved isn't cut down with it.
  Recorder beside = tape_.recorder(folder_.path() / "show-3", true,
                                   {.bytes = 5 * kGib, .bytes_min = 2 * kGib + 1},
                                   [&room](const fs::path&) { return room; });
  TestPublisher third(tape_, 0);
  third.feed(beside, 2 * kSecond);
  EXPECT_EQ(beside.status().problem, "disk_full");
}

TEST_F(RecorderTest, HasMarksWhereThingsBegan) {
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 0);
  const auto track = [](std::uint64_t play, const char* title) {
    return tape::write_track_mark({play, title, "The \"Band\""});
  };
  recorder.add(0, {base::SampleTime(0), MarkKind::kOnAir, "part-1"});
  recorder.add(1, {base::SampleTime(2 * kSecond), MarkKind::kTrack, track(1, "First")});
  recorder.add(2, {base::SampleTime(2 * kSecond), MarkKind::kOnAir, "part-1"});
  recorder.add(3, {base::SampleTime(3 * kSecond), MarkKind::kOffAir, "part-1"});
  recorder.add(4, {base::SampleTime(4 * kSecond), MarkKind::kTrack, track(2, "First")});
  recorder.add(5, {base::SampleTime(5 * kSecond), MarkKind::kTrack, ""});
  tape_.write_until(6 * kSecond);
  publisher.feed(recorder, 6 * kSecond);
  recorder.finish();
  EXPECT_EQ(media::read_file(path_of(0, kRecordingMarks)),
            R"({"ms":0,"sample":0,"kind":"on_air","participantId":"part-1"})"
            "\n"
            R"({"ms":2000,"sample":96000,"kind":"track","title":"First","artist":"The \"Band\""})"
            "\n"
            R"({"ms":3000,"sample":144000,"kind":"off_air","participantId":"part-1"})"
            "\n"
            R"({"ms":4000,"sample":192000,"kind":"track","title":"First","artist":"The \"Band\""})"
            "\n"
            R"({"ms":5000,"sample":240000,"kind":"track_end"})"
            "\n");
  EXPECT_EQ(state_of(0).marks, 5);
  EXPECT_EQ(media::read_file(path_of(0, kRecordingCue)),
            "TITLE \"" + recording_id(kEpochMs) +
                "\"\nFILE \"programme.flac\" WAVE\n"
                "  TRACK 01 AUDIO\n    TITLE \"First\"\n    PERFORMER \"The 'Band'\"\n"
                "    INDEX 01 00:02:00\n"
                "  TRACK 02 AUDIO\n    TITLE \"First\"\n    PERFORMER \"The 'Band'\"\n"
                "    INDEX 01 00:04:00\n");
}

TEST_F(RecorderTest, BeginsWithWhatPlaysAndWhoIsOnTheAir) {
  tape_.write_until(8 * kSecond);
  Recorder recorder = tape_.recorder(dir_);
  TestPublisher publisher(tape_, 4 * kSecond);
  const std::string song = tape::write_track_mark({7, "Song", ""});
  recorder.add(0, {base::SampleTime(kSecond), MarkKind::kOnAir, "part-1"});
  recorder.add(1, {base::SampleTime(kSecond), MarkKind::kOnAir, "part-2"});
  recorder.add(2, {base::SampleTime(2 * kSecond), MarkKind::kTrack, song});
  recorder.add(3, {base::SampleTime(3 * kSecond), MarkKind::kOffAir, "part-1"});
  publisher.feed(recorder, 8 * kSecond);
  recorder.finish();
  EXPECT_EQ(media::read_file(path_of(0, kRecordingMarks)),
            R"({"ms":0,"sample":0,"kind":"track","title":"Song","artist":""})"
            "\n"
            R"({"ms":0,"sample":0,"kind":"on_air","participantId":"part-2"})"
            "\n");
}

/// Steps of writing files that the process may still take; it is killed when they are used up.
int steps_left = -1;

/// A recorder in a process of its own, fed by a publisher that begins where a play list of segments
/// would have it; -1: it comes to its end.
pid_t start(const TestTape& tape, const fs::path& dir, std::int64_t programme, int steps,
            std::int64_t begins_at, base::Duration length_max) {
  const pid_t child = fork();
  if (child != 0) return child;
  steps_left = steps;
  base::disk_step = [] {
    if (steps_left > 0 && --steps_left == 0) kill(getpid(), SIGKILL);
    return 0;
  };
  Recorder recorder = tape.recorder(dir, true, {}, room_of_disk, length_max);
  for (std::uint64_t second = 0; second < 50; ++second) {
    recorder.add(second, {base::SampleTime(static_cast<std::int64_t>(second) * kSecond),
                          MarkKind::kTrack, tape::write_track_mark({second + 1, "Song", ""})});
  }
  TestPublisher publisher(tape, begins_at);
  publisher.feed(recorder, programme);
  recorder.finish();
  _exit(recorder.status().problem.empty() ? 0 : 1);
}

constexpr std::int64_t kProgramme = 40 * kSecond;

/// What recorders have made that were killed at every step until one came to the end.
std::vector<fs::path> recorded_by_the_killed(const fs::path& dir, base::Duration length_max) {
  constexpr std::int64_t kSegment = 93 * kAacFrame;
  TestTape tape(60);
  tape.write_until(kProgramme);
  std::vector<fs::path> made;
  int runs = 0;
  for (int steps = 1;; steps = steps % 61 + 1) {
    if (++runs == 1'000) {
      ADD_FAILURE() << "it doesn't come to the end";
      return made;
    }
    // It goes on where the list ends: some time before the end of what was recorded, by up to a
    // segment.
    std::int64_t begins_at = 0;
    for (const std::string& id : recordings_in(dir)) {
      const auto state = read_recording_state(dir / id);
      if (state) begins_at = state->aac_next.samples() / kSegment * kSegment;
    }
    const pid_t child = start(tape, dir, kProgramme, steps, begins_at, length_max);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) continue;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    break;
  }
  printf("  %d runs\n", runs);
  EXPECT_GT(runs, 10);
  // One that died before its state was written is empty, and no recording.
  for (const std::string& id : recordings_in(dir)) {
    if (read_recording_state(dir / id)) made.push_back(dir / id);
  }
  return made;
}

TEST(RecorderCrashTest, KilledAtEveryStepOfWritingItLosesAndDoublesNothing) {
  const TestFolder folder;
  const auto made = recorded_by_the_killed(folder.path() / "show-1", std::chrono::hours(6));
  ASSERT_EQ(made.size(), 1U) << "each recorder goes on with what the one before has left";
  const RecordingState state = *read_recording_state(made[0]);
  EXPECT_TRUE(state.is_ended);
  expect_programme((made[0] / kRecordingFlac).string(), 0, kProgramme - kAacFrame);
  expect_aac((made[0] / kRecordingAac).string(), 0, state.aac_next - state.start);
  std::ifstream marks(made[0] / kRecordingMarks);
  std::int64_t second = 0;
  for (std::string line; std::getline(marks, line); ++second) {
    EXPECT_NE(line.find("\"ms\":" + std::to_string(second * 1'000) + ","), std::string::npos)
        << line;
  }
  EXPECT_EQ(second, 40);
}

TEST(RecorderCrashTest, KilledAtEveryStepItLosesAndDoublesNothingBetweenTwoRecordings) {
  const TestFolder folder;
  const auto made = recorded_by_the_killed(folder.path() / "show-1", std::chrono::seconds(3));
  ASSERT_EQ(made.size(), 14U) << "40 s";
  expect_unbroken(made, folder.path());
}

}  // namespace
}  // namespace shelcaster::output
