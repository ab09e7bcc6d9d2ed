#include "mixer/deck_feed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "mixer/deck.hpp"

namespace shelcaster::mixer {
namespace {

TEST(DeckFeed, CarriesSoundAndRequestsBetweenTwoThreads) {
  DeckFeed feed(8);
  std::atomic<bool> is_over{false};
  // Every sample of an item says the item's number; the audio thread may hear no other.
  std::thread feeder([&] {
    FeedRequest now;
    while (!is_over.load()) {
      while (auto request = feed.poll_request()) now = *request;
      DeckChunk* chunk = now.item == kNoItem ? nullptr : feed.begin_push();
      if (chunk == nullptr) {
        std::this_thread::yield();
        continue;
      }
      chunk->generation = now.generation;
      chunk->item = now.item;
      chunk->position = now.position;
      chunk->gain = 1.0F;
      chunk->frames = audio::kBlockFrames;
      chunk->mark = ChunkMark::kNone;
      chunk->samples.fill(static_cast<float>(now.item) / 1024);
      feed.end_push();
      now.position += audio::kBlockFrames;
    }
  });

  Deck deck(feed);
  audio::StereoBlock block;
  for (DeckItem item = 1; item <= 100; ++item) {
    deck.apply(DeckPlay{item, 0});
    int full_blocks = 0;
    while (full_blocks < 20) {
      const bool was_buffering = deck.status().is_buffering;
      if (full_blocks == 10) deck.apply(DeckSeek{960 * 480});
      (void)deck.render(block);
      if (was_buffering || deck.status().is_buffering) {
        std::this_thread::yield();
        if (full_blocks == 10) ++full_blocks;
        continue;
      }
      ++full_blocks;
      ASSERT_LE(block[500], static_cast<float>(item) / 1024 + 1e-6F);
    }
    EXPECT_EQ(deck.status().item, item);
    EXPECT_GE(deck.status().position, 960 * 480);
  }
  is_over.store(true);
  feeder.join();
}

TEST(DeckFeed, RefusesToOverfillAndKeepsOrder) {
  DeckFeed feed(3);
  for (std::int64_t i = 0; i < 3; ++i) {
    DeckChunk* chunk = feed.begin_push();
    ASSERT_NE(chunk, nullptr);
    chunk->position = i;
    feed.end_push();
  }
  EXPECT_EQ(feed.begin_push(), nullptr);
  EXPECT_EQ(feed.size(), 3U);
  for (std::int64_t i = 0; i < 3; ++i) {
    ASSERT_NE(feed.front(), nullptr);
    EXPECT_EQ(feed.front()->position, i);
    feed.pop();
  }
  EXPECT_EQ(feed.front(), nullptr);
}

}  // namespace
}  // namespace shelcaster::mixer
