#include "app/mix/deck/deck_feeder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "base/unique_fd.hpp"

namespace shelcaster::app {
namespace {

using std::chrono::seconds;

/// A queue of ready files in a directory of its own.
class DeckFeederTest : public testing::Test {
 protected:
  DeckFeederTest() {
    std::string pattern = testing::TempDir() + "feederXXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~DeckFeederTest() override { std::filesystem::remove_all(dir_); }

  link::QueueItem add(const std::string& id, int frames, bool finish) {
    const std::string path = dir_ / (id + ".wav");
    files_.emplace_back(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    writers_.push_back(*media::ReadyFileWriter::start(files_.back().get()));
    extend(static_cast<int>(writers_.size()) - 1, frames);
    if (finish) {
      EXPECT_TRUE(writers_.back().finish());
    }
    link::QueueItem item{.item_id = id,
                         .track_id = {},
                         .path = path,
                         .gain_db = -6.0,
                         .duration_ms = {},
                         .title = id};
    queue_.push_back(item);
    playlist_.set_queue(queue_);
    return item;
  }
  void extend(int file, int frames) {
    auto& writer = writers_[static_cast<std::size_t>(file)];
    const std::vector<float> samples(static_cast<std::size_t>(frames) * 2, 0.25F);
    ASSERT_TRUE(writer.write(samples));
    ASSERT_TRUE(writer.flush());
  }
  void run(int times) {
    for (int i = 0; i < times; ++i) (void)feeder_.run_once(now_);
  }
  struct Heard {
    mixer::DeckItem item;
    int frames;
    mixer::ChunkMark mark;
  };
  std::vector<Heard> drain() {
    std::vector<Heard> heard;
    while (const mixer::DeckChunk* chunk = feed_.front()) {
      heard.push_back({chunk->item, chunk->frames, chunk->mark});
      feed_.pop();
    }
    return heard;
  }

  std::filesystem::path dir_;
  std::vector<base::UniqueFd> files_;
  std::vector<media::ReadyFileWriter> writers_;
  std::vector<link::QueueItem> queue_;
  mixer::DeckFeed feed_;
  Playlist playlist_;
  DeckFeeder feeder_{feed_, playlist_};
  base::Instant now_;
};

TEST_F(DeckFeederTest, GoesFromItemToItemWithoutAGapAndSaysWhenItIsOver) {
  const auto a = add("a", 480 + 100, true);
  add("b", 480, true);
  const auto play = playlist_.begin(a);
  ASSERT_TRUE(feed_.try_request({.generation = 1, .item = play, .position = 0}));
  run(10);
  const auto heard = drain();
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[1].frames, 100);
  EXPECT_EQ(heard[1].mark, mixer::ChunkMark::kEndsItem);
  EXPECT_NE(heard[2].item, play);
  EXPECT_EQ(heard[2].mark, mixer::ChunkMark::kEndsItem);
  EXPECT_EQ(heard[3].mark, mixer::ChunkMark::kEndsFeed);
}

TEST_F(DeckFeederTest, AFileThatGrowsIsWaitedForAndReadOn) {
  const auto a = add("a", 480, false);
  ASSERT_TRUE(feed_.try_request({.generation = 1, .item = playlist_.begin(a), .position = 0}));
  run(5);
  EXPECT_EQ(drain().size(), 1U);
  extend(0, 480);
  run(5);
  const auto heard = drain();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].mark, mixer::ChunkMark::kNone);
}

TEST_F(DeckFeederTest, FollowsABetterGainWithoutAJump) {
  auto a = add("a", 480 * 1'000, true);
  a.item_id = "not queued";
  a.gain_db = 0;
  ASSERT_TRUE(feed_.try_request({.generation = 1, .item = playlist_.begin(a), .position = 0}));
  run(10);
  while (feed_.front() != nullptr) {
    EXPECT_FLOAT_EQ(feed_.front()->gain, 1.0F);
    feed_.pop();
  }
  a.gain_db = 10;
  playlist_.update(a);
  float last = 1.0F;
  for (int i = 0; i < 800; ++i) {
    run(1);
    const mixer::DeckChunk* chunk = feed_.front();
    ASSERT_NE(chunk, nullptr);
    EXPECT_GE(chunk->gain, last);
    EXPECT_LT(chunk->gain, last * 1.004F) << "0.03 dB in 10 ms";
    last = chunk->gain;
    feed_.pop();
  }
  EXPECT_NEAR(20 * std::log10(last), 10, 0.01);
}

TEST_F(DeckFeederTest, AFileThatStopsGrowingFailsAndTheNextOnePlays) {
  const auto a = add("a", 480, false);
  add("b", 480, true);
  ASSERT_TRUE(feed_.try_request({.generation = 1, .item = playlist_.begin(a), .position = 0}));
  run(3);
  now_ = now_ + seconds(20);
  run(5);
  const auto heard = drain();
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[1].mark, mixer::ChunkMark::kFailed);
  EXPECT_EQ(heard[2].frames, 480);
}

TEST_F(DeckFeederTest, ASeekPastTheEndEndsTheItem) {
  const auto a = add("a", 480, true);
  ASSERT_TRUE(feed_.try_request({.generation = 1, .item = playlist_.begin(a), .position = 9999}));
  run(3);
  const auto heard = drain();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].frames, 0);
  EXPECT_EQ(heard[0].mark, mixer::ChunkMark::kEndsItem);
}

}  // namespace
}  // namespace shelcaster::app
