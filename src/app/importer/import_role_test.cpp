#include "app/importer/import_role.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <sstream>
#include <thread>

#include "media/ffmpeg_for_tests.hpp"
#include "media/ready_file.hpp"

namespace shelcaster::app {
namespace {

using media::ffmpeg;
using media::TestFolder;
namespace json = boost::json;

/// run_import in a child, as the role runs.
class ImportProcess {
 public:
  ImportProcess(const std::string& source, const std::string& out, bool is_growing = false)
      : ImportProcess(options_of(source, out), is_growing) {}
  explicit ImportProcess(ImportOptions options, bool is_growing = false) {
    std::array<int, 2> progress{};
    std::array<int, 2> complete{};
    if (pipe(progress.data()) != 0 || pipe(complete.data()) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      close(progress[0]);
      close(complete[1]);
      options.progress_fd = progress[1];
      options.complete_fd = is_growing ? complete[0] : -1;
      _exit(run_import(options));
    }
    close(progress[1]);
    close(complete[0]);
    progress_ = progress[0];
    complete_ = complete[1];
  }
  ImportProcess(const ImportProcess&) = delete;
  ImportProcess& operator=(const ImportProcess&) = delete;
  ~ImportProcess() {
    if (complete_ >= 0) close(complete_);
    close(progress_);
  }

  void say_complete() { close(std::exchange(complete_, -1)); }
  /// The next line; empty at the end.
  std::string line() {
    std::string text;
    for (char c = 0; read(progress_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  int wait() {
    int status = 0;
    if (waitpid(child_, &status, 0) != child_) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static ImportOptions options_of(const std::string& source, const std::string& out) {
    ImportOptions options;
    options.source = source;
    options.out = out;
    return options;
  }

  pid_t child_ = -1;
  int progress_ = -1;
  int complete_ = -1;
};

struct Outcome {
  int status = -1;
  json::object last;
  std::vector<std::string> types;
};

Outcome import(const std::string& source, const std::string& out) {
  ImportProcess process(source, out);
  Outcome outcome;
  for (std::string line; !(line = process.line()).empty();) {
    outcome.last = json::parse(line).as_object();
    outcome.types.emplace_back(outcome.last.at("type").as_string());
  }
  outcome.status = process.wait();
  return outcome;
}

void expect_failure(const Outcome& outcome, const std::string& word) {
  EXPECT_EQ(outcome.status, 1);
  ASSERT_FALSE(outcome.types.empty());
  EXPECT_EQ(outcome.types.back(), "failed");
  const std::string error(outcome.last.at("error").as_string());
  EXPECT_NE(error.find(word), std::string::npos) << error;
}

TEST(Import, MakesAReadyFileAndMeasuresIt) {
  const TestFolder folder;
  // A stereo sine of −20 dBFS reads −20 LUFS (EBU Tech 3341).
  ASSERT_TRUE(
      ffmpeg("-f lavfi -i \"aevalsrc=0.1*sin(2*PI*1000*t)|0.1*sin(2*PI*1000*t)"
             ":s=48000:d=12\" -c:a flac " +
             (folder / "a.flac")));
  const Outcome outcome = import(folder / "a.flac", folder / "a.wav");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.types.front(), "started");
  EXPECT_EQ(outcome.types.back(), "done");
  EXPECT_EQ(outcome.last.at("durationMs").as_int64(), 12'000);
  EXPECT_NEAR(outcome.last.at("loudnessLufs").as_double(), -20.0, 0.2);
  EXPECT_NEAR(outcome.last.at("truePeakDb").as_double(), -20.0, 0.3);

  auto reader = media::ReadyFileReader::open(folder / "a.wav").value();
  EXPECT_TRUE(reader.is_finished().value());
  EXPECT_EQ(reader.frames_available().value(), 12 * 48'000);
  std::vector<float> samples(2 * 48'000);
  ASSERT_TRUE(reader.read(48'000, samples));
  EXPECT_NEAR(media::tone_db(samples, 1000), -20.0, 0.1);
}

TEST(Import, HasTheFirstSoundReadyLongBeforeTheFileIsWhole) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=frequency=1000:d=30 -c:a libmp3lame -b:a 128k " +
                     (folder / "a.mp3")));
  const std::string bytes = media::read_file(folder / "a.mp3");
  std::ofstream growing(folder / "growing", std::ios::binary);
  // One second and a bit of 30: 128 kbit/s are 16 kB a second.
  constexpr std::size_t kFirst = 20'000;
  growing.write(bytes.data(), kFirst).flush();

  ImportProcess process(folder / "growing", folder / "a.wav", true);
  EXPECT_EQ(json::parse(process.line()).at("type").as_string(), "started");
  const auto progress = json::parse(process.line());
  ASSERT_EQ(progress.at("type").as_string(), "progress");
  EXPECT_GE(progress.at("writtenMs").as_int64(), 200);
  EXPECT_LT(progress.at("writtenMs").as_int64(), 300);
  auto reader = media::ReadyFileReader::open(folder / "a.wav").value();
  EXPECT_GE(reader.frames_available().value(), 9'600);
  EXPECT_FALSE(reader.is_finished().value());

  growing.write(bytes.data() + kFirst, static_cast<std::streamsize>(bytes.size() - kFirst)).flush();
  process.say_complete();
  std::string last;
  for (std::string line; !(line = process.line()).empty();) last = line;
  EXPECT_EQ(process.wait(), 0);
  EXPECT_NEAR(static_cast<double>(json::parse(last).at("durationMs").as_int64()), 30'000, 100);
}

TEST(Import, WaitsForTheWholeOfAnM4aThatHasItsIndexAtTheEnd) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=5 -c:a aac " + (folder / "a.m4a")));
  const std::string bytes = media::read_file(folder / "a.m4a");
  std::ofstream growing(folder / "growing", std::ios::binary);
  growing.write(bytes.data(), static_cast<std::streamsize>(bytes.size() / 2)).flush();
  ImportProcess process(folder / "growing", folder / "a.wav", true);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  growing
      .write(bytes.data() + bytes.size() / 2,
             static_cast<std::streamsize>(bytes.size() - bytes.size() / 2))
      .flush();
  process.say_complete();
  std::string last;
  for (std::string line; !(line = process.line()).empty();) last = line;
  EXPECT_EQ(process.wait(), 0) << last;
  EXPECT_NEAR(static_cast<double>(json::parse(last).at("durationMs").as_int64()), 5'000, 100);
}

TEST(Import, SaysWhatIsWrongWithFilesThatAreNoAudio) {
  const TestFolder folder;
  media::write_file(folder / "empty", "");
  expect_failure(import(folder / "empty", folder / "o.wav"), "no audio file");
  media::write_file(folder / "text", std::string(100'000, 'x'));
  expect_failure(import(folder / "text", folder / "o.wav"), "no audio file");
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc=s=64x64:d=1 -c:v libx264 " + (folder / "v.mp4")));
  expect_failure(import(folder / "v.mp4", folder / "o.wav"), "no audio");
  expect_failure(import(folder / "none", folder / "o.wav"), "can't open");
  expect_failure(import(folder.path().string(), folder / "o.wav"), "no regular file");
  expect_failure(import(folder / "text", "/proc/none/o.wav"), "can't write");
}

TEST(Import, RefusesAudioWithoutASample) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=0.1 -c:a pcm_s16le " + (folder / "a.wav")));
  std::string header = media::read_file(folder / "a.wav");
  header.resize(header.find("data") + 8);
  header.replace(header.size() - 4, 4, std::string(4, '\0'));
  media::write_file(folder / "b.wav", header);
  expect_failure(import(folder / "b.wav", folder / "o.wav"), "");
}

TEST(Import, RefusesFilesThatDeclareMoreThanTwelveHours) {
  const TestFolder folder;
  ASSERT_TRUE(
      ffmpeg("-f lavfi -i anullsrc=r=8000:cl=mono -t 1 -c:a flac " + (folder / "long.flac")));
  std::string bytes = media::read_file(folder / "long.flac");
  // STREAMINFO's total samples (RFC 9639 §8.2): 400,000,000 at 8 kHz are 13.9 hours.
  bytes.replace(22, 4, "\x17\xd7\x84\x00", 4);
  media::write_file(folder / "long.flac", bytes);
  expect_failure(import(folder / "long.flac", folder / "o.wav"), "hours");
}

TEST(Import, SaysThatAFileIsCutOff) {
  const TestFolder folder;
  // A WAV or an MP3 without an index that is cut off can't be told from a shorter one.
  for (const std::string name : {"a.flac", "a.m4a"}) {
    SCOPED_TRACE(name);
    const std::string options = name == "a.m4a" ? "-movflags +faststart " : "";
    ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=20 " + options + (folder / name)));
    std::string bytes = media::read_file(folder / name);
    bytes.resize(bytes.size() / 2);
    media::write_file(folder / ("cut-" + name), bytes);
    expect_failure(import(folder / ("cut-" + name), folder / "o.wav"), "cut off");
  }
}

TEST(Import, TellsTagsInUtf8AndWritesTheCover) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc=s=300x300 -frames:v 1 " + (folder / "c.png")));
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=2 -i " + (folder / "c.png") +
                     " -map 0 -map 1 -c:v copy -disposition:v attached_pic -metadata title=ZZZZ "
                     "-metadata artist='The Artist' " +
                     (folder / "a.mp3")));
  std::string bytes = media::read_file(folder / "a.mp3");
  // Four letters that say they are Latin-1, and are Windows-1251.
  const std::size_t at = bytes.find("ZZZZ");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 4, "\xca\xe8\xed\xee");
  bytes[at - 1] = '\0';
  media::write_file(folder / "a.mp3", bytes);
  ImportOptions options;
  options.source = folder / "a.mp3";
  options.out = folder / "a.wav";
  options.cover = folder / "cover";
  ImportProcess process(options);
  const auto started = json::parse(process.line());
  EXPECT_EQ(started.at("title").as_string(), "Кино");
  EXPECT_EQ(started.at("artist").as_string(), "The Artist");
  EXPECT_EQ(started.at("album").as_string(), "");
  EXPECT_EQ(started.at("cover").as_string(), "png");
  EXPECT_EQ(media::read_file(folder / "cover"), media::read_file(folder / "c.png"));
  std::string last;
  for (std::string line; !(line = process.line()).empty();) last = line;
  EXPECT_EQ(process.wait(), 0) << last;
  EXPECT_EQ(json::parse(last).at("contentHash").as_string().size(), 64U);
}

TEST(Import, TakesTheFileOutOfAFormAndKnowsItsName) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=2 " + (folder / "a.flac")));
  const std::string flac = media::read_file(folder / "a.flac");
  media::write_file(
      folder / "body",
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Ä.flac\"\r\n\r\n" + flac +
          "\r\n--B--\r\n");
  ImportOptions options;
  options.source = folder / "body";
  options.out = folder / "a.wav";
  options.content_type = "multipart/form-data; boundary=B";
  ImportProcess process(options);
  EXPECT_EQ(json::parse(process.line()).at("fileName").as_string(), "Ä.flac");
  std::string last;
  for (std::string line; !(line = process.line()).empty();) last = line;
  EXPECT_EQ(process.wait(), 0) << last;
  // The same music by another way is the same content.
  const Outcome alone = import(folder / "a.flac", folder / "b.wav");
  EXPECT_EQ(json::parse(last).at("contentHash"), alone.last.at("contentHash"));
}

TEST(Import, RefusesSamplesThatAreNoNumbersAndPlaysAFew) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=2 -ar 48000 -ac 1 -c:a pcm_f32le " + (folder / "a.wav")));
  std::string bytes = media::read_file(folder / "a.wav");
  const std::size_t begin = bytes.find("data") + 8;
  const std::string infinite("\0\0\x80\x7f", 4);
  bytes.replace(begin + 40'000, 4, infinite);
  media::write_file(folder / "one.wav", bytes);
  const Outcome one = import(folder / "one.wav", folder / "o.wav");
  EXPECT_EQ(one.status, 0);
  EXPECT_NEAR(one.last.at("truePeakDb").as_double(), -18, 1);
  for (std::size_t i = 0; i < 48'000; ++i) bytes.replace(begin + i * 4, 4, infinite);
  media::write_file(folder / "half.wav", bytes);
  expect_failure(import(folder / "half.wav", folder / "o.wav"), "not numbers");
}

TEST(Import, NeverCrashesOnDamagedFiles) {
  const TestFolder folder;
  std::uint32_t random = 12'345;
  for (const std::string name :
       {"a.mp3", "a.m4a", "a.flac", "a.ogg", "a.opus", "a.wav", "a.webm"}) {
    ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=2 " + (folder / name)));
    const std::string whole = media::read_file(folder / name);
    for (int round = 0; round < 8; ++round) {
      std::string bytes = whole;
      // Headers suffer most in every other round, the whole file in the rest.
      const std::size_t reach =
          round % 2 == 0 ? std::min<std::size_t>(400, bytes.size()) : bytes.size();
      for (int hit = 0; hit < 20; ++hit) {
        random = random * 1'664'525U + 1'013'904'223U;
        bytes[(random >> 8U) % reach] = static_cast<char>(random >> 24U);
      }
      media::write_file(folder / ("bad-" + name), bytes);
      const Outcome outcome = import(folder / ("bad-" + name), folder / "o.wav");
      EXPECT_TRUE(outcome.status == 0 || outcome.status == 1) << name << " " << outcome.status;
      ASSERT_FALSE(outcome.types.empty());
      EXPECT_EQ(outcome.types.back(), outcome.status == 0 ? "done" : "failed");
    }
  }
}

}  // namespace
}  // namespace shelcaster::app
