#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commander.hpp"
#include "keeper.hpp"
#include "keeper_link.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "publisher.hpp"
#include "serve.hpp"
#include "show_world.hpp"

namespace shelcaster::sim {

/// A whole show: serve, keeper, mixer, publisher, people, a listener and somebody at the desk, each
/// of which can die at any step, on a network and on disks that fail. One virtual clock.
class Station {
 public:
  explicit Station(std::uint64_t seed);

  /// Takes a seat and opens its page there when the mixer knows of it.
  void join(const std::string& name, double tone_hz);
  void run(base::Duration length);

  void crash_mixer(base::Duration down) { world_.crash_mixer(down); }
  /// With it die mixer and publisher. serve starts another.
  void crash_keeper() { keeper_->die(); }
  /// What is commanded at random intervals, of this mean; 0: nothing.
  void set_pace(base::Duration pace) {
    pace_ = pace;
    commands_at_ = base::Instant::never();
  }
  /// Everything well again, and time for all that is on its way. Then the show must be what was
  /// acknowledged.
  void settle(base::Duration calm);

  /// After each tick, also while a show has no mixer.
  void set_each_tick(std::function<void()> each_tick) { each_tick_ = std::move(each_tick); }

  ShowWorld& world() { return world_; }
  Publisher& publisher() { return publisher_; }
  Keeper& keeper() { return *keeper_; }
  Serve& serve() { return serve_; }
  KeeperLink& link() { return link_; }
  Commander& commander() { return *commander_; }
  [[nodiscard]] std::int64_t keepers_lost() const { return keepers_lost_; }
  [[nodiscard]] std::string violations() const { return world_.invariants().violations(); }
  [[nodiscard]] std::uint64_t trace_hash() const {
    return world_.trace_hash() * 31 + publisher_.listener().hash();
  }

 private:
  static constexpr int kTapeSeconds = 20;

  std::string make_show();
  void tick(base::Instant now);
  void replace_keeper();
  void complain(const std::string& what) { world_.expect(false, what); }

  media::TestFolder folder_;
  base::SeededRandom dice_;
  ShowWorld world_;
  Publisher publisher_{world_.tape_fd(), folder_.path() / "hls",
                       [this](const std::string& what) { complain(what); }};
  KeeperLink link_;
  Serve serve_;
  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<Commander> commander_;
  std::string show_id_;
  base::Instant launches_at_ = base::Instant::never();
  bool is_launch_resumed_ = false;
  bool is_kept_ = false;  // a keeper was there, and its end is not yet dealt with
  std::int64_t keepers_lost_ = 0;
  std::function<void()> each_tick_ = [] {};
  base::Duration pace_{};
  base::Instant commands_at_ = base::Instant::never();
};

}  // namespace shelcaster::sim
