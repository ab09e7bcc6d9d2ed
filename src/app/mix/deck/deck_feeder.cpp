#include "app/mix/deck/deck_feeder.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

/// The ring holds 3 s: this leaves 2.7 s when the disk is asked next.
constexpr base::Duration kNapFull = std::chrono::milliseconds(300);
constexpr base::Duration kNapGrowing = std::chrono::milliseconds(10);
/// An import that has not written a sample for so long is taken for dead.
constexpr base::Duration kGrowthTimeout = std::chrono::seconds(15);
constexpr int kGainLookChunks = 25;   // 250 ms
constexpr double kGainStepDb = 0.03;  // a chunk: 3 dB a second

}  // namespace

base::Duration DeckFeeder::run_once(base::Instant now) {
  while (const auto request = feed_.poll_request()) {
    generation_ = request->generation;
    reading_.reset();
    is_ending_ = false;
    if (request->item != mixer::kNoItem) start(now, request->item, request->position);
  }
  if (!reading_ && !is_ending_) return kUntilCalled;
  if (feed_.begin_push() == nullptr) return kNapFull;
  return push_chunk(now) ? base::Duration::zero() : kNapGrowing;
}

void DeckFeeder::run(const std::atomic<bool>& stop, int called_fd) {
  while (!stop.load()) {
    const base::Duration nap = run_once(runtime::SystemClock::now());
    if (nap == base::Duration::zero()) continue;
    pollfd call{called_fd, POLLIN, 0};
    const int nap_ms =
        nap == kUntilCalled ? -1 : static_cast<int>(nap / std::chrono::milliseconds(1));
    if (poll(&call, 1, nap_ms) <= 0) continue;
    eventfd_t ignored = 0;
    (void)eventfd_read(called_fd, &ignored);
  }
}

void DeckFeeder::start(base::Instant now, mixer::DeckItem item, std::int64_t position) {
  reading_ = Reading{.item = item,
                     .reader = {},
                     .is_bed = false,
                     .gain_db = 0,
                     .wanted_gain_db = 0,
                     .chunks_to_look = kGainLookChunks,
                     .position = position,
                     .progressed_at = now};
  if (const auto queued = playlist_.find(item)) {
    reading_->gain_db = reading_->wanted_gain_db = queued->gain_db;
    reading_->is_bed = queued->path == kStandbyPath;
  }
}

bool DeckFeeder::push_chunk(base::Instant now) {
  if (is_ending_) {
    is_ending_ = false;
    mixer::DeckChunk* end = feed_.begin_push();
    end->generation = generation_;
    end->item = mixer::kNoItem;
    end->position = 0;
    end->frames = 0;
    end->mark = mixer::ChunkMark::kEndsFeed;
    feed_.end_push();
    return true;
  }
  Reading& reading = *reading_;
  if (reading.is_bed) {
    push_bed();
    return true;
  }
  if (!reading.reader) {
    const auto queued = playlist_.find(reading.item);
    if (!queued) {
      push_mark(mixer::ChunkMark::kFailed);
      go_on(now);
      return true;
    }
    auto opened = media::ReadyFileReader::open(queued->path);
    if (!opened) return wait_or_fail(now);
    reading.reader.emplace(*std::move(opened));
  }
  // Asked before the length, so that "finished" speaks of all that will be read.
  const auto finished = reading.reader->is_finished();
  const auto available = reading.reader->frames_available();
  if (!finished || !available) return wait_or_fail(now);
  const std::int64_t left = *available - reading.position;
  if (left < audio::kBlockFrames && !*finished) return wait_or_fail(now);

  mixer::DeckChunk* chunk = feed_.begin_push();
  const auto wanted =
      static_cast<std::size_t>(std::clamp<std::int64_t>(left, 0, audio::kBlockFrames));
  const auto read = reading.reader->read(
      reading.position, std::span(chunk->samples).first(wanted * audio::kChannels));
  if (!read) return wait_or_fail(now);
  const bool ends = *finished && left <= audio::kBlockFrames;
  chunk->generation = generation_;
  chunk->item = reading.item;
  chunk->position = reading.position;
  chunk->gain = next_gain();
  chunk->frames = static_cast<int>(*read);
  chunk->mark = ends ? mixer::ChunkMark::kEndsItem : mixer::ChunkMark::kNone;
  feed_.end_push();
  reading.position += static_cast<std::int64_t>(*read);
  reading.progressed_at = now;
  if (ends) go_on(now);
  return true;
}

void DeckFeeder::push_bed() {
  Reading& reading = *reading_;
  mixer::DeckChunk* chunk = feed_.begin_push();
  chunk->generation = generation_;
  chunk->item = reading.item;
  chunk->position = reading.position;
  chunk->gain = next_gain();
  chunk->frames = bed_.read(reading.position, chunk->samples);
  chunk->mark = mixer::ChunkMark::kNone;
  feed_.end_push();
  reading.position += chunk->frames;
}

float DeckFeeder::next_gain() {
  Reading& reading = *reading_;
  if (--reading.chunks_to_look <= 0) {
    reading.chunks_to_look = kGainLookChunks;
    const auto queued = playlist_.find(reading.item);
    if (queued) reading.wanted_gain_db = queued->gain_db;
  }
  reading.gain_db = std::clamp(reading.wanted_gain_db, reading.gain_db - kGainStepDb,
                               reading.gain_db + kGainStepDb);
  return static_cast<float>(std::pow(10.0, reading.gain_db / 20.0));
}

bool DeckFeeder::wait_or_fail(base::Instant now) {
  if (now - reading_->progressed_at < kGrowthTimeout) return false;
  base::log::warn("feeder", "a track stopped growing or can't be read; going on to the next");
  push_mark(mixer::ChunkMark::kFailed);
  go_on(now);
  return true;
}

void DeckFeeder::push_mark(mixer::ChunkMark mark) {
  mixer::DeckChunk* chunk = feed_.begin_push();
  chunk->generation = generation_;
  chunk->item = reading_->item;
  chunk->position = reading_->position;
  chunk->gain = next_gain();
  chunk->frames = 0;
  chunk->mark = mark;
  feed_.end_push();
}

void DeckFeeder::go_on(base::Instant now) {
  const mixer::DeckItem next = playlist_.follow(reading_->item);
  reading_.reset();
  if (next == mixer::kNoItem) {
    is_ending_ = true;
  } else {
    start(now, next, playlist_.start_of(next));
  }
}

}  // namespace shelcaster::app
