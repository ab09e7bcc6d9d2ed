#include "mixer/deck.hpp"

#include <algorithm>
#include <cmath>

#include "mixer/engine.hpp"

namespace shelcaster::mixer {
namespace {

constexpr int kFadeFrames = audio::kBlockFrames;  // 10 ms: a fade is exactly one block

/// True if generation `a` is older than `b`; both may have wrapped.
bool is_older(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) < 0;
}

int frames_of(const DeckChunk& chunk) noexcept {
  return std::clamp(chunk.frames, 0, audio::kBlockFrames);
}

float gain_of(const DeckChunk& chunk) noexcept {
  return std::isnan(chunk.gain) ? 1.0F : std::clamp(chunk.gain, 0.0F, kGainMax);
}

}  // namespace

Deck::Deck(DeckFeed& feed) noexcept : feed_(feed) {}

void Deck::apply(const DeckCommand& command) noexcept {
  std::visit([this](const auto& c) { do_command(c); }, command);
}

void Deck::do_command(const DeckPlay& c) noexcept {
  if (c.item == kNoItem) return;
  end_item(EndReason::kStop);
  go_to(c.item, c.position);
  state_ = c.paused ? DeckState::kPaused : DeckState::kPlaying;
}

void Deck::do_command(const DeckResume&) noexcept {
  if (state_ != DeckState::kPaused) return;
  state_ = DeckState::kPlaying;
  // Paused and resumed before a block was rendered: nothing has happened.
  if (is_closing_ && closing_is_tracked_) is_closing_ = false;
}

void Deck::do_command(const DeckPause&) noexcept {
  if (state_ != DeckState::kPlaying) return;
  start_closing(true);
  state_ = DeckState::kPaused;
}

void Deck::do_command(const DeckStop&) noexcept {
  if (state_ == DeckState::kStopped) return;
  end_item(EndReason::kStop);
  go_to(kNoItem, 0);
  state_ = DeckState::kStopped;
}

void Deck::do_command(const DeckSkip& c) noexcept {
  if (c.next != kNoItem && c.next == item_) return;
  if (c.next == kNoItem && state_ == DeckState::kStopped) return;
  if (c.next != kNoItem && is_between_items_) {
    // It may be here already, to begin with the coming block: asked for anew it would come late.
    const DeckChunk* coming = next_chunk(generation_);
    if (coming != nullptr && coming->item == c.next) return;
  }
  end_item(EndReason::kSkip);
  go_to(c.next, c.position);
  if (c.next == kNoItem) {
    state_ = DeckState::kStopped;
  } else if (state_ == DeckState::kStopped) {
    state_ = DeckState::kPlaying;
  }
}

void Deck::do_command(const DeckSeek& c) noexcept {
  if (item_ == kNoItem) return;
  const DeckItem told = started_item_;
  go_to(item_, c.position);
  started_item_ = told;
}

/// What sounds now is to fade over the next block, from the chunks that are already here.
void Deck::start_closing(bool keeps_generation) noexcept {
  if (is_closing_) {
    closing_is_tracked_ = closing_is_tracked_ && keeps_generation;
    return;
  }
  if (!is_open_) return;
  is_closing_ = true;
  closing_is_tracked_ = keeps_generation;
  closing_generation_ = generation_;
}

void Deck::go_to(DeckItem item, std::int64_t position) noexcept {
  start_closing(false);
  item_ = item;
  position_ = std::max<std::int64_t>(position, 0);
  started_item_ = kNoItem;
  is_between_items_ = false;
  ++generation_;
  unsent_request_ = FeedRequest{.generation = generation_, .item = item_, .position = position_};
  send_request();
}

void Deck::end_item(EndReason reason) noexcept {
  if (item_ != kNoItem) emit(ItemEnded{.item = item_, .reason = reason});
  item_ = kNoItem;
}

void Deck::emit(const DeckEvent& event) noexcept {
  if (event_count_ == kEventsMax) return;
  events_[(first_event_ + event_count_) % kEventsMax] = event;
  ++event_count_;
}

std::optional<DeckEvent> Deck::poll_event() noexcept {
  if (event_count_ == 0) return std::nullopt;
  const DeckEvent event = events_[first_event_];
  first_event_ = (first_event_ + 1) % kEventsMax;
  --event_count_;
  return event;
}

void Deck::send_request() noexcept {
  if (unsent_request_ && feed_.try_request(*unsent_request_)) unsent_request_.reset();
}

/// The front chunk if it is of `generation`; drops older ones on the way to it.
const DeckChunk* Deck::next_chunk(std::uint32_t generation) noexcept {
  for (std::size_t i = 0; i <= feed_.capacity(); ++i) {
    const DeckChunk* chunk = feed_.front();
    if (chunk == nullptr || is_older(generation, chunk->generation)) return nullptr;
    if (chunk->generation == generation) return chunk;
    feed_.pop();
    chunk_at_ = 0;
  }
  return nullptr;
}

/// Up to one block of `generation`; returns the frames got. Tracked: it is the deck's present item,
/// whose position, ends and successors count; untracked: only the end of an old sound.
int Deck::read(audio::StereoBlock& out, std::uint32_t generation, bool is_tracked) noexcept {
  int at = 0;
  for (std::size_t i = 0; i <= feed_.capacity() && at < audio::kBlockFrames; ++i) {
    const DeckChunk* chunk = next_chunk(generation);
    if (chunk == nullptr) break;
    const int got = read_chunk(*chunk, out, at);
    if (is_tracked && got > 0) follow(*chunk, got);
    at += got;
    if (chunk_at_ < frames_of(*chunk)) break;
    if (is_tracked) finish_chunk(*chunk);
    feed_.pop();
    chunk_at_ = 0;
    if (state_ == DeckState::kStopped && is_tracked) break;
  }
  return at;
}

int Deck::read_chunk(const DeckChunk& chunk, audio::StereoBlock& out, int at) noexcept {
  const int count = std::min(frames_of(chunk) - chunk_at_, audio::kBlockFrames - at);
  if (count <= 0) return 0;
  // A new item or a new start takes its gain at once; a better estimate of it comes in smoothly.
  const bool is_new = chunk.item != started_item_ || !is_open_;
  gain_.set_target(gain_of(chunk), is_new ? 0 : kRampFrames);
  std::array<float, audio::kBlockFrames> gains;
  gain_.fill(std::span(gains).first(static_cast<std::size_t>(count)));
  const auto from = static_cast<std::size_t>(chunk_at_) * 2;
  const auto to = static_cast<std::size_t>(at) * 2;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) * 2; ++i) {
    out[to + i] = chunk.samples[from + i] * gains[i / 2];
  }
  chunk_at_ += count;
  return count;
}

void Deck::follow(const DeckChunk& chunk, int frames) noexcept {
  if (chunk.item != item_) {
    end_item(EndReason::kEnd);
    item_ = chunk.item;
  }
  is_between_items_ = false;
  position_ = chunk.position + chunk_at_;
  if (started_item_ != item_ && frames > 0) {
    started_item_ = item_;
    emit(ItemStarted{.item = item_});
  }
}

/// The end of an item that has been told of already, asked for to learn what follows it.
bool Deck::has_ended_before(const DeckChunk& chunk) const noexcept {
  return is_between_items_ && chunk.frames == 0 && chunk.item == started_item_ &&
         chunk.mark != ChunkMark::kEndsFeed;
}

void Deck::finish_chunk(const DeckChunk& chunk) noexcept {
  if (chunk.mark == ChunkMark::kNone || has_ended_before(chunk)) return;
  if (chunk.mark == ChunkMark::kEndsFeed) {
    end_item(EndReason::kEnd);
    is_between_items_ = false;
    state_ = DeckState::kStopped;
  } else {
    follow(chunk, 0);  // an item may end or fail without a single frame
    end_item(chunk.mark == ChunkMark::kFailed ? EndReason::kError : EndReason::kEnd);
    is_between_items_ = true;
  }
  position_ = 0;
}

/// Fades in or out, and lets the last value die away where the sound breaks off after `filled`
/// frames, into the next block if need be. False if the block is silence.
bool Deck::shape(audio::StereoBlock& out, int filled) noexcept {
  const auto sounding = static_cast<std::size_t>(filled);
  std::array<float, audio::kBlockFrames> edge;
  edge_.fill(std::span(edge).first(sounding));
  for (std::size_t i = 0; i < 2 * sounding; ++i) out[i] *= edge[i / 2];
  std::fill(out.begin() + 2 * filled, out.end(), 0.0F);
  if (filled > 0) {
    last_left_ = out[2 * sounding - 2];
    last_right_ = out[2 * sounding - 1];
  }
  bool has_sound = tail_.add_to(out, 0) || filled > 0;
  if (filled < audio::kBlockFrames && (last_left_ != 0.0F || last_right_ != 0.0F)) {
    tail_.begin(last_left_, last_right_);
    last_left_ = last_right_ = 0.0F;
    has_sound = tail_.add_to(out, filled) || has_sound;
  }
  return has_sound;
}

bool Deck::render(audio::StereoBlock& out) noexcept {
  send_request();
  if (is_closing_) {
    edge_.set_target(0.0F, kFadeFrames);
    const bool is_tracked = closing_is_tracked_;
    const bool has_sound = shape(out, read(out, closing_generation_, is_tracked));
    is_closing_ = is_open_ = false;
    return has_sound;
  }
  if (state_ != DeckState::kPlaying) {
    // Stale chunks go, so that the feeder has room for what comes after the pause.
    (void)next_chunk(generation_);
    return shape(out, 0);
  }
  const bool was_open = is_open_;
  if (!was_open) {
    edge_ = audio::GainRamp(0.0F);
    edge_.set_target(1.0F, kFadeFrames);
  }
  const int filled = read(out, generation_, true);
  is_open_ = filled == audio::kBlockFrames;
  const bool is_late = state_ == DeckState::kPlaying && !is_between_items_;
  if (!is_open_ && is_late && (was_open || filled > 0)) ++underruns_;
  return shape(out, filled);
}

void Deck::save(base::StateWriter& to) const noexcept {
  to.put(state_);
  to.put(item_);
  to.put(position_);
  to.put(started_item_);
  to.put(is_between_items_);
  to.put(underruns_);
  to.put(generation_);
  to.put(is_open_);
  to.put(is_closing_);
  to.put(closing_is_tracked_);
  to.put(edge_);
  to.put(gain_);
  to.put(last_left_);
  to.put(last_right_);
  to.put(tail_);
}

void Deck::restore(base::StateReader& from) noexcept {
  from.get(state_);
  from.get(item_);
  from.get(position_);
  from.get(started_item_);
  from.get(is_between_items_);
  from.get(underruns_);
  from.get(generation_);
  from.get(is_open_);
  from.get(is_closing_);
  from.get(closing_is_tracked_);
  from.get(edge_);
  from.get(gain_);
  from.get(last_left_);
  from.get(last_right_);
  from.get(tail_);
  // The feeder is a new one: what was to come from the old generation isn't there.
  if (is_closing_ && !closing_is_tracked_) is_closing_ = is_open_ = false;
  closing_generation_ = ++generation_;
  if (state_ == DeckState::kStopped) return;
  // Between two items only the feeder knows which one follows: it is asked for the end of the last.
  unsent_request_ = FeedRequest{.generation = generation_,
                                .item = is_between_items_ ? started_item_ : item_,
                                .position = is_between_items_ ? kEndOfItem : position_};
  send_request();
}

bool Deck::is_fed() noexcept {
  const bool wants_nothing = !is_open_ && !is_closing_;
  return wants_nothing || next_chunk(generation_) != nullptr;
}

DeckStatus Deck::status() const noexcept {
  return {.state = state_,
          .item = item_,
          .position = position_,
          .is_buffering = state_ == DeckState::kPlaying && !is_open_,
          .underruns = underruns_};
}

}  // namespace shelcaster::mixer
