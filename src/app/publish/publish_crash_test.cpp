#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <map>
#include <numbers>
#include <random>
#include <regex>
#include <set>

#include "app/publish/publish_core.hpp"
#include "base/disk_steps_for_tests.hpp"
#include "media/ffmpeg_for_tests.hpp"

// Publishers that are killed in the middle of things, many times over one tape, and what listeners
// get of it, beside what an undisturbed publisher made.
namespace shelcaster::app {
namespace {

/// Steps of writing files that the process may still take; it is killed when they are used up.
int steps_left = -1;

int step() {
  if (steps_left > 0 && --steps_left == 0) kill(getpid(), SIGKILL);
  return 0;
}

using media::TestFolder;

constexpr int kTapeSeconds = 60;
constexpr std::int64_t kProgramme = 50 * base::kSampleRate + 137;
const tape::Epoch kEpoch{base::Instant::from_nanoseconds(0),
                         base::WallTime::from_unix_ms(1'700'000'000'000)};

/// Tones whose sum doesn't repeat, so that each sample has a place of its own, and a knock twice a
/// second, at which the encoder changes to short windows.
std::vector<float> programme(std::int64_t first, std::int64_t frames) {
  constexpr std::array<double, 4> kHz{331.71, 547.37, 1013.93, 1777.13};
  std::vector<float> samples;
  for (std::int64_t n = first; n < first + frames; ++n) {
    double sum = 0;
    for (const double hz : kHz) {
      sum += 0.08 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(n) / 48'000.0);
    }
    const std::int64_t since_knock = n % 24'000;
    const double knock =
        0.4 * std::exp(-static_cast<double>(since_knock) / 300.0) *
        std::sin(2 * std::numbers::pi * 2'900.0 * static_cast<double>(since_knock) / 48'000.0);
    samples.push_back(static_cast<float>(sum + knock));
    samples.push_back(static_cast<float>(sum - 0.5 * knock));
  }
  return samples;
}

class PublishCrashTest : public testing::Test {
 protected:
  PublishCrashTest() {
    // Started with the show, of which they see nothing: the programme begins with its first sample.
    for (const TestFolder* folder : {&whole_, &pieces_}) {
      EXPECT_TRUE(PublishCore::open(tape_.fd(), folder->path(), [](const base::Error&) {}));
    }
    for (std::int64_t at = 0; at < kProgramme; at += 4'800) {
      writer_.write(base::SampleTime(at),
                    programme(at, std::min(kProgramme - at, std::int64_t{4'800})));
    }
  }

  /// A publisher that gets `steps` steps far (-1: to the end), in a process of its own.
  pid_t start(const TestFolder& folder, int steps) {
    const pid_t child = fork();
    if (child != 0) return child;
    steps_left = steps;
    base::disk_step = step;
    auto core = PublishCore::open(tape_.fd(), folder.path(), [](const base::Error&) { _exit(3); });
    if (!core) _exit(2);
    const PublishCore::Sink sink = [](auto) {};
    while (core->advance(sink)) {
    }
    if (core->counters().overruns > 0) _exit(4);
    _exit(core->finish(sink) ? 0 : 1);
  }
  /// True if it was killed, false if it came to the end.
  static bool was_killed(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }

  /// What a listener relies on, whenever they look: a list whose numbers only rise, and that names
  /// only whole segments, which never change again.
  void look_at(const TestFolder& folder) {
    const std::string list = media::read_file(folder / "index.m3u8");
    if (list.empty()) return;
    std::smatch sequence;
    ASSERT_TRUE(std::regex_search(list, sequence, std::regex("MEDIA-SEQUENCE:(\\d+)\n")));
    const int first = std::stoi(sequence[1]);
    EXPECT_GE(first, media_sequence_);
    media_sequence_ = first;
    EXPECT_EQ(list.find("#EXT-X-DISCONTINUITY\n"), std::string::npos);
    int expected = first;
    const std::regex name("(seg-(\\d+)\\.m4s)\n");
    for (std::sregex_iterator it(list.begin(), list.end(), name), end; it != end; ++it) {
      EXPECT_EQ(std::stoi((*it)[2]), expected++);
      const std::string bytes = media::read_file(folder / (*it)[1]);
      ASSERT_FALSE(bytes.empty());
      const auto [known, is_new] = published_.emplace((*it)[1], bytes);
      EXPECT_EQ(known->second, bytes) << "a published segment has changed";
    }
    EXPECT_GE(expected, listed_until_) << "a published segment has left the list's end";
    listed_until_ = expected;
  }

  /// All segments of the folder in one file, decoded.
  static std::vector<float> decoded(const TestFolder& folder) {
    std::string all = media::read_file(folder / "init-0.mp4");
    for (int n = 0;; ++n) {
      const std::string segment = media::read_file(folder / ("seg-" + std::to_string(n) + ".m4s"));
      if (segment.empty()) break;
      all += segment;
    }
    media::write_file(folder / "all.mp4", all);
    return media::decoded_by_ffmpeg(folder / "all.mp4");
  }

  static double residual_db(std::span<const float> got, std::span<const float> wanted) {
    double error = 1e-12;
    double power = 1e-12;
    for (std::size_t i = 0; i < got.size(); ++i) {
      error += std::pow(static_cast<double>(got[i]) - static_cast<double>(wanted[i]), 2);
      power += std::pow(static_cast<double>(wanted[i]), 2);
    }
    return 10 * std::log10(error / power);
  }

  /// Compares what was published in pieces with what was published in one go, frame by frame.
  void compare(const std::set<std::int64_t>& joints) {
    ASSERT_FALSE(was_killed(start(whole_, -1)));
    const auto wanted = decoded(whole_);
    const auto got = decoded(pieces_);
    ASSERT_EQ(got.size(), wanted.size()) << "a sample is missing or there twice";
    const auto original = programme(0, kProgramme);
    ASSERT_GE(got.size(), original.size());
    ASSERT_LT(got.size(), original.size() + 2 * media::kAacFrameSamples);
    constexpr std::size_t kFrame = 2 * media::kAacFrameSamples;
    std::map<std::string, double> worst{{"joints", -200}, {"elsewhere", -200}, {"coding", -200}};
    for (std::size_t at = kFrame; at + kFrame <= original.size(); at += kFrame) {
      const auto piece = std::span(got).subspan(at, kFrame);
      const double db = residual_db(piece, std::span(wanted).subspan(at, kFrame));
      const std::int64_t segment = static_cast<std::int64_t>(at / 2) / output::kHlsSegmentSamples;
      const std::int64_t into = static_cast<std::int64_t>(at / 2) % output::kHlsSegmentSamples;
      const bool is_joint = joints.contains(segment) && into < 4'096;
      double& record = worst.at(is_joint ? "joints" : "elsewhere");
      record = std::max(record, db);
      worst["coding"] =
          std::max(worst["coding"], residual_db(piece, std::span(original).subspan(at, kFrame)));
    }
    for (const auto& [where, db] : worst) {
      RecordProperty(where, std::to_string(db));
      printf("  worst frame, %s: %.1f dB\n", where.c_str(), db);
    }
    // One sample too many or too few would be -14 dB from there on.
    EXPECT_LT(worst.at("joints"), -30);
    EXPECT_LT(worst.at("elsewhere"), -30);
  }

  static std::int64_t segments_in(const TestFolder& folder) {
    std::int64_t count = 0;
    while (std::filesystem::exists(folder / ("seg-" + std::to_string(count) + ".m4s"))) ++count;
    return count;
  }
  static void expect_no_halves(const TestFolder& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      // The list has two files in turn.
      if (entry.path().filename() == "index.m3u8.tmp") continue;
      EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
    }
  }

  tape::Tape tape_ = tape::create_tape(kTapeSeconds, kEpoch).value();
  tape::TapeWriter writer_ = tape::TapeWriter::attach(tape_.fd()).value();
  const TestFolder whole_;
  const TestFolder pieces_;
  std::map<std::string, std::string> published_;
  int media_sequence_ = 0;
  int listed_until_ = 0;
};

TEST_F(PublishCrashTest, KilledAtEveryStepOfWritingItLeavesNoSeam) {
  std::set<std::int64_t> joints;
  // A segment's end is eight steps, a start five or eight: each run is killed one step later
  // than the one before, so that every step gets its turn.
  int runs = 0;
  for (int steps = 1;; steps = steps % 31 + 1) {
    ASSERT_LT(++runs, 1'000) << "it doesn't come to the end";
    if (!was_killed(start(pieces_, steps))) break;
    look_at(pieces_);
    joints.insert(segments_in(pieces_));
    joints.insert(segments_in(pieces_) - 1);
  }
  EXPECT_GT(runs, 25);
  look_at(pieces_);
  expect_no_halves(pieces_);
  EXPECT_TRUE(media::read_file(pieces_ / "index.m3u8").ends_with("#EXT-X-ENDLIST\n"));
  printf("  %d runs\n", runs);
  compare(joints);
}

TEST_F(PublishCrashTest, KilledAtAnyTimeItLeavesNoSeam) {
  std::set<std::int64_t> joints;
  std::mt19937 random(20'261'124);
  int kills = 0;
  for (;;) {
    const pid_t child = start(pieces_, -1);
    std::uniform_int_distribution<int> wait_us(0, 250'000);
    usleep(static_cast<unsigned>(wait_us(random)));
    kill(child, SIGKILL);
    if (!was_killed(child)) break;
    ++kills;
    look_at(pieces_);
    joints.insert(segments_in(pieces_));
    joints.insert(segments_in(pieces_) - 1);
  }
  look_at(pieces_);
  expect_no_halves(pieces_);
  printf("  %d kills\n", kills);
  EXPECT_GT(kills, 2);
  compare(joints);
}

}  // namespace
}  // namespace shelcaster::app
