#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "app/mix/deck/playlist.hpp"
#include "app/mix/deck/standby_bed.hpp"
#include "base/time.hpp"
#include "media/ready_file.hpp"
#include "mixer/deck_feed.hpp"

namespace shelcaster::app {

/// Reads ready files ahead into the deck's feed, on a thread of its own since it reads the disk. A
/// file that is still being imported is read as it grows.
class DeckFeeder {
 public:
  DeckFeeder(mixer::DeckFeed& feed, Playlist& playlist) : feed_(feed), playlist_(playlist) {}

  static constexpr base::Duration kUntilCalled = base::Duration::max();

  /// Does what can be done now and says how long to nap before the next call; the nap ends early
  /// when the deck asks for something. kUntilCalled: only then.
  base::Duration run_once(base::Instant now);
  /// Goes on until `stop` is set; `called_fd` is an eventfd that is written when the deck has asked
  /// for something, and after `stop` was set.
  void run(const std::atomic<bool>& stop, int called_fd);

 private:
  struct Reading {
    mixer::DeckItem item = mixer::kNoItem;
    std::optional<media::ReadyFileReader> reader;
    bool is_bed = false;
    double gain_db = 0;
    double wanted_gain_db = 0;
    int chunks_to_look = 0;  // until the playlist is asked for a better gain
    std::int64_t position = 0;
    base::Instant progressed_at;
  };

  void start(base::Instant now, mixer::DeckItem item, std::int64_t position);
  /// False if there is nothing to push yet.
  bool push_chunk(base::Instant now);
  void push_bed();
  /// The gain of the next chunk: a track that is still being imported is known better and better,
  /// and its gain follows slowly enough not to be heard as a jump.
  float next_gain();
  bool wait_or_fail(base::Instant now);
  void push_mark(mixer::ChunkMark mark);
  void go_on(base::Instant now);

  mixer::DeckFeed& feed_;
  Playlist& playlist_;
  std::uint32_t generation_ = 0;
  std::optional<Reading> reading_;
  StandbyBed bed_;
  bool is_ending_ = false;  // the last item is over: kEndsFeed is to be pushed
};

}  // namespace shelcaster::app
