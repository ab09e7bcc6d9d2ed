#include "mixer/deck.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "audio/tone.hpp"
#include "mixer/detail/desk_for_tests.hpp"

namespace shelcaster::mixer {
namespace {

using audio::kBlockFrames;
using audio::StereoBlock;

/// A feeder as app/mix/deck has one, but single-threaded: items are sines of a quarter of full
/// scale, or what is easier to check, ramps whose samples say their position.
class Feeder {
 public:
  struct Item {
    std::int64_t frames = 0;
    double hz = 0;  // 0: position / 2^20
    float gain = 1.0F;
    DeckItem next = kNoItem;
    bool fails = false;
  };

  explicit Feeder(DeckFeed& feed) : feed_(feed) {}
  std::map<DeckItem, Item> items;

  void run(int chunks_max = 1000) {
    for (int i = 0; i < chunks_max; ++i) {
      while (auto request = feed_.poll_request()) {
        now_ = *request;
        is_done_ = now_.item == kNoItem;
      }
      if (is_done_) return;
      DeckChunk* chunk = feed_.begin_push();
      if (chunk == nullptr) return;
      fill(*chunk);
      feed_.end_push();
    }
  }

 private:
  void fill(DeckChunk& chunk) {
    const auto found = items.find(now_.item);
    chunk.generation = now_.generation;
    chunk.item = now_.item;
    chunk.position = now_.position;
    chunk.frames = 0;
    if (found == items.end()) {
      chunk.mark = ChunkMark::kEndsFeed;
      is_done_ = true;
      return;
    }
    const Item& item = found->second;
    chunk.gain = item.gain;
    chunk.mark = ChunkMark::kNone;
    chunk.frames =
        static_cast<int>(std::clamp<std::int64_t>(item.frames - now_.position, 0, kBlockFrames));
    for (int i = 0; i < chunk.frames; ++i) {
      const auto at = static_cast<double>(now_.position + i);
      const auto sample = static_cast<float>(
          item.hz > 0 ? 0.25 * std::sin(2 * 3.14159265358979 * item.hz * at / 48'000)
                      : at / 1'048'576);
      chunk.samples[static_cast<std::size_t>(2 * i)] = sample;
      chunk.samples[static_cast<std::size_t>(2 * i + 1)] = sample;
    }
    now_.position += chunk.frames;
    if (now_.position >= item.frames) {
      chunk.mark = item.fails ? ChunkMark::kFailed : ChunkMark::kEndsItem;
      now_.item = item.next;
      now_.position = 0;
    }
  }

  DeckFeed& feed_;
  FeedRequest now_;
  bool is_done_ = true;
};

class DeckTest : public ::testing::Test {
 protected:
  StereoBlock render() {
    feeder_.run();
    return render_unfed();
  }
  StereoBlock render_unfed() {
    StereoBlock block;
    block.fill(99.0F);
    had_sound_ = deck_.render(block);
    while (auto event = deck_.poll_event()) {
      if (const auto* ended = std::get_if<ItemEnded>(&*event)) ended_.push_back(*ended);
      if (const auto* started = std::get_if<ItemStarted>(&*event)) {
        started_.push_back(started->item);
      }
    }
    sound_.insert(sound_.end(), block.begin(), block.end());
    return block;
  }
  void render_blocks(int count) {
    for (int i = 0; i < count; ++i) render();
  }
  void expect_ended(std::size_t index, DeckItem item, EndReason reason) {
    ASSERT_GT(ended_.size(), index);
    EXPECT_EQ(ended_[index].item, item);
    EXPECT_EQ(ended_[index].reason, reason);
  }
  /// Which frame of a position ramp a sample is.
  static std::int64_t frame_of(float sample) { return std::llround(sample * 1'048'576.0F); }

  DeckFeed feed_{50};
  Deck deck_{feed_};
  Feeder feeder_{feed_};
  bool had_sound_ = false;
  std::vector<float> sound_;
  std::vector<ItemEnded> ended_;
  std::vector<DeckItem> started_;
};

TEST_F(DeckTest, IsSilentUntilItIsToldToPlay) {
  const StereoBlock block = render();
  EXPECT_FALSE(had_sound_);
  for (const float sample : block) ASSERT_EQ(sample, 0.0F);
  EXPECT_EQ(deck_.status().state, DeckState::kStopped);
}

TEST_F(DeckTest, PlaysFromThePositionWithAFadeAndThenEverySample) {
  feeder_.items[1] = {.frames = 480'000};
  deck_.apply(DeckPlay{1, 10'000});
  EXPECT_TRUE(deck_.status().is_buffering);
  const StereoBlock first = render();
  EXPECT_LT(std::fabs(first[0]), 1e-6F);
  EXPECT_EQ(frame_of(first[958]), 10'479);
  const StereoBlock second = render();
  for (std::size_t i = 0; i < 480; ++i) {
    ASSERT_EQ(frame_of(second[2 * i]), 10'480 + static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(deck_.status().position, 10'960);
  EXPECT_EQ(deck_.status().item, 1U);
  EXPECT_EQ(started_, std::vector<DeckItem>{1});
}

TEST_F(DeckTest, PausesWithAFadeAndGoesOnWhereItWas) {
  feeder_.items[1] = {.frames = 480'000};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(10);
  deck_.apply(DeckPause{});
  const StereoBlock fading = render();
  EXPECT_EQ(fading[959], 0.0F);
  EXPECT_TRUE(had_sound_);
  const auto position = deck_.status().position;
  EXPECT_EQ(position, 11 * 480);
  render_blocks(20);
  EXPECT_FALSE(had_sound_);
  EXPECT_EQ(deck_.status().position, position);
  deck_.apply(DeckResume{});
  EXPECT_EQ(frame_of(render()[958]), position + 479);
  EXPECT_EQ(deck_.status().underruns, 0U);
}

TEST_F(DeckTest, SeeksWithoutPlayingAnythingThatWasPrefetchedBefore) {
  feeder_.items[1] = {.frames = 1'000'000};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(10);
  deck_.apply(DeckSeek{500'000});
  EXPECT_EQ(deck_.status().position, 500'000);
  EXPECT_EQ(render()[959], 0.0F) << "the old sound fades";
  render();
  const StereoBlock after = render();
  EXPECT_GE(frame_of(after[0]), 500'000);
  EXPECT_LE(frame_of(after[0]), 500'480);
  EXPECT_EQ(started_.size(), 1U) << "a seek starts nothing new";
  EXPECT_TRUE(ended_.empty());
}

TEST_F(DeckTest, SeeksWhilePaused) {
  feeder_.items[1] = {.frames = 1'000'000};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(3);
  deck_.apply(DeckPause{});
  render_blocks(3);
  deck_.apply(DeckSeek{700'000});
  render_blocks(3);
  EXPECT_FALSE(had_sound_);
  EXPECT_EQ(deck_.status().position, 700'000);
  deck_.apply(DeckResume{});
  EXPECT_EQ(frame_of(render()[958]), 700'479);
}

TEST_F(DeckTest, FollowsOneItemByTheNextWithoutLosingAFrame) {
  feeder_.items[1] = {.frames = 1234, .next = 2};
  feeder_.items[2] = {.frames = 1000, .gain = 0.5F};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(8);
  EXPECT_EQ(frame_of(sound_[2 * 1233]), 1233);
  EXPECT_EQ(frame_of(sound_[2 * 1234]), 0);
  EXPECT_EQ(frame_of(2 * sound_[2 * 1300]), 66) << "with the second's gain";
  EXPECT_EQ(frame_of(2 * sound_[2 * 2233]), 999);
  EXPECT_EQ(started_, (std::vector<DeckItem>{1, 2}));
  expect_ended(0, 1, EndReason::kEnd);
  expect_ended(1, 2, EndReason::kEnd);
  EXPECT_EQ(deck_.status().state, DeckState::kStopped);
  EXPECT_EQ(deck_.status().item, kNoItem);
  EXPECT_EQ(deck_.status().underruns, 0U);
  EXPECT_FALSE(had_sound_);
}

TEST_F(DeckTest, LosesNoFrameWhenTheNextIsAskedForBetweenTwoBlocks) {
  feeder_.items[1] = {.frames = 4 * kBlockFrames, .next = 2};  // ends with a block
  feeder_.items[2] = {.frames = 10'000};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(4);
  expect_ended(0, 1, EndReason::kEnd);
  deck_.apply(DeckSkip{2});
  EXPECT_EQ(frame_of(render()[0]), 0);
  EXPECT_EQ(frame_of(render()[0]), kBlockFrames);
  EXPECT_EQ(started_, (std::vector<DeckItem>{1, 2}));
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(DeckTest, GoesOnToTheNextWhenOneFails) {
  feeder_.items[1] = {.frames = 700, .next = 2, .fails = true};
  feeder_.items[2] = {.frames = 0, .next = 3, .fails = true};  // can't even be opened
  feeder_.items[3] = {.frames = 5000};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(3);
  expect_ended(0, 1, EndReason::kError);
  expect_ended(1, 2, EndReason::kError);
  EXPECT_EQ(deck_.status().item, 3U);
  EXPECT_EQ(deck_.status().state, DeckState::kPlaying);
}

TEST_F(DeckTest, StopsAndSkipsWithTheirReasons) {
  feeder_.items[1] = feeder_.items[2] = {.frames = 100'000, .hz = 300};
  deck_.apply(DeckPlay{1, 0});
  render_blocks(4);
  deck_.apply(DeckSkip{2});
  deck_.apply(DeckSkip{2});  // twice pressed: the second is for what plays already
  render_blocks(4);
  expect_ended(0, 1, EndReason::kSkip);
  EXPECT_EQ(deck_.status().item, 2U);
  deck_.apply(DeckStop{});
  render_blocks(2);
  expect_ended(1, 2, EndReason::kStop);
  EXPECT_EQ(ended_.size(), 2U);
  EXPECT_EQ(started_, (std::vector<DeckItem>{1, 2}));
  EXPECT_EQ(deck_.status().state, DeckState::kStopped);
  EXPECT_FALSE(had_sound_);
}

TEST_F(DeckTest, TurnsALateFeederIntoSilenceThatCostsNoMusic) {
  feeder_.items[1] = {.frames = 480'000};
  deck_.apply(DeckPlay{1, 0});
  feeder_.run(3);
  render_unfed();
  render_unfed();
  render_unfed();
  EXPECT_EQ(deck_.status().underruns, 0U);
  render_unfed();
  EXPECT_EQ(deck_.status().underruns, 1U);
  for (int i = 0; i < 5; ++i) render_unfed();
  EXPECT_EQ(deck_.status().underruns, 1U) << "one gap is one underrun";
  EXPECT_EQ(deck_.status().position, 3 * 480);
  EXPECT_TRUE(deck_.status().is_buffering);
  EXPECT_EQ(frame_of(render()[958]), 3 * 480 + 479);
  EXPECT_EQ(ended_.size(), 0U);
}

TEST_F(DeckTest, CountsNoUnderrunWhileAnItemIsBeingOpened) {
  feeder_.items[1] = {.frames = 480'000};
  deck_.apply(DeckPlay{1, 0});
  for (int i = 0; i < 50; ++i) render_unfed();
  EXPECT_EQ(deck_.status().underruns, 0U);
}

TEST_F(DeckTest, CuesAnItemWithoutPlayingIt) {
  feeder_.items[1] = {.frames = 480'000};
  deck_.apply(DeckPlay{.item = 1, .position = 4800, .paused = true});
  render_blocks(5);
  EXPECT_FALSE(had_sound_);
  EXPECT_EQ(deck_.status().state, DeckState::kPaused);
  EXPECT_EQ(deck_.status().position, 4800);
  deck_.apply(DeckResume{});
  EXPECT_EQ(frame_of(render()[958]), 4800 + 479);
}

TEST_F(DeckTest, StopsWhenTheFeederHasNothing) {
  deck_.apply(DeckPlay{77, 0});
  render_blocks(2);
  expect_ended(0, 77, EndReason::kEnd);
  EXPECT_EQ(deck_.status().state, DeckState::kStopped);
}

TEST_F(DeckTest, MakesNoClickWhateverIsPressed) {
  for (DeckItem i = 1; i < 60; ++i) {
    feeder_.items[i] = {.frames = 12'345 + static_cast<std::int64_t>(i) * 7, .hz = 200};
  }
  DeckItem next = 1;
  std::uint32_t dice = 12'345;
  for (int step = 0; step < 400; ++step) {
    dice = dice * 1'664'525 + 1'013'904'223;
    switch (dice >> 28U) {
      case 0:
      case 1:
        deck_.apply(DeckPlay{next, static_cast<std::int64_t>(dice % 9000)});
        next = next % 59 + 1;
        break;
      case 2:
        deck_.apply(DeckPause{});
        break;
      case 3:
      case 4:
        deck_.apply(DeckResume{});
        break;
      case 5:
        deck_.apply(DeckSeek{static_cast<std::int64_t>(dice % 12'000)});
        break;
      case 6:
        deck_.apply(DeckSkip{next});
        next = next % 59 + 1;
        break;
      case 7:
        deck_.apply(DeckStop{});
        break;
      case 8:
        render_unfed();
        break;
      default:
        render();
    }
    if (step % 3 == 0) render();
  }
  // Where it breaks off (an item's end, a late feeder) it bends by the slope: 2π·200/48000/4 =
  // 0.0065.
  EXPECT_LT(sharpest_corner(sound_), 0.009);
}

TEST_F(DeckTest, ChangesTheGainOfARunningItemSmoothly) {
  feeder_.items[1] = {.frames = 480'000, .hz = 100};
  deck_.apply(DeckPlay{1, 0});
  feeder_.run(10);
  feeder_.items[1].gain = 0.1F;
  for (int i = 0; i < 30; ++i) render();
  EXPECT_LT(sharpest_corner(sound_), 1e-4);
  EXPECT_NEAR(audio::tone_level_db(std::span(sound_).last(9600), 0, 100), -32.04, 0.1);
}

/// A new deck with a feed of its own goes on where `deck` is.
struct NextDeck {
  explicit NextDeck(const Deck& before, const std::map<DeckItem, Feeder::Item>& items) {
    std::array<std::byte, 512> memory{};
    base::StateWriter to(memory);
    before.save(to);
    EXPECT_TRUE(to.ok());
    base::StateReader from(memory);
    deck.restore(from);
    EXPECT_TRUE(from.ok());
    feeder.items = items;
  }
  StereoBlock render() {
    feeder.run();
    EXPECT_TRUE(deck.is_fed());
    StereoBlock block;
    deck.render(block);
    while (auto event = deck.poll_event()) events.push_back(*event);
    return block;
  }
  DeckFeed feed{50};
  Deck deck{feed};
  Feeder feeder{feed};
  std::vector<DeckEvent> events;
};

TEST_F(DeckTest, GoesOnWithTheNextSampleInANewProcessWhereverItWas) {
  // A fade in, the middle, the end of one item within a block, and the next one; the second ends
  // with a block.
  feeder_.items[1] = {.frames = 3 * kBlockFrames + 100, .hz = 440, .gain = 0.5F, .next = 2};
  feeder_.items[2] = {.frames = 2 * kBlockFrames - 100, .hz = 550, .next = 3};
  feeder_.items[3] = {.frames = 9 * kBlockFrames, .hz = 660};
  deck_.apply(DeckPlay{1});
  for (int block = 0; block < 12; ++block) {
    NextDeck next(deck_, feeder_.items);
    std::size_t told = ended_.size();
    const StereoBlock expected = render();
    ASSERT_EQ(next.render(), expected) << "block " << block;
    EXPECT_EQ(next.deck.status(), deck_.status()) << "block " << block;
    for (const DeckEvent& event : next.events) {
      if (const auto* ended = std::get_if<ItemEnded>(&event)) {
        ASSERT_LT(told, ended_.size()) << "told twice of item " << ended->item;
        EXPECT_EQ(ended->item, ended_[told++].item);
      }
    }
  }
}

TEST_F(DeckTest, StaysPausedInANewProcessAndGoesOnWhereItWas) {
  feeder_.items[1] = {.frames = 20 * kBlockFrames};
  deck_.apply(DeckPlay{1});
  render_blocks(5);
  deck_.apply(DeckPause{});
  render_blocks(3);
  NextDeck next(deck_, feeder_.items);
  EXPECT_EQ(next.render(), StereoBlock{});
  deck_.apply(DeckResume{});
  next.deck.apply(DeckResume{});
  EXPECT_EQ(next.render(), render());
}

}  // namespace
}  // namespace shelcaster::mixer
