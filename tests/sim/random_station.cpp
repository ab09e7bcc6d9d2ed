#include "random_station.hpp"

#include <fmt/format.h>

#include <cmath>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kPace = milliseconds(900);  // of what goes wrong
constexpr base::Duration kCommandPace = milliseconds(250);
/// The longest redial, relaunch or resend, and a page that finds out and connects.
constexpr base::Duration kCalm = seconds(12);

double ms_of(base::Duration length) { return static_cast<double>(length / milliseconds(1)); }

}  // namespace

RandomStation::RandomStation(std::uint64_t seed) : dice_(seed * 2 + 1), station_(seed) {
  station_.join("ada", 500);
  station_.join("ben", 600);
  station_.run(seconds(2));
  station_.set_each_tick([this] { do_due(); });
}

void RandomStation::tell(const std::string& what) {
  const double at = static_cast<double>(station_.world().now().nanoseconds()) * 1e-9;
  story_.push_back(fmt::format("{:9.3f} s: {}", at, what));
}

void RandomStation::later(base::Duration when, std::function<void()> what) {
  due_.emplace_back(station_.world().now() + when, std::move(what));
}

void RandomStation::do_due() {
  if (due_.empty()) return;
  const base::Instant now = station_.world().now();
  const auto due = std::exchange(due_, {});
  for (const auto& [at, what] : due) {
    if (at > now) due_.emplace_back(at, what);
  }
  for (const auto& [at, what] : due) {
    if (at <= now) what();
  }
}

void RandomStation::play(base::Duration length) {
  station_.set_pace(kCommandPace);
  const base::Instant end = station_.world().now() + length;
  while (station_.world().now() < end) {
    happen();
    const double wait = -std::log(1 - dice_.unit()) * static_cast<double>(kPace.count());
    station_.run(base::Duration(static_cast<std::int64_t>(wait)));
  }
  for (const auto& [at, what] : std::exchange(due_, {})) what();
  station_.settle(kCalm);
}

void RandomStation::happen() {
  const int what = between(0, 99);
  if (what < 62) return kill_one();
  if (what < 78) return cut_somebody();
  if (what < 88) return fill_disks();
  if (what < 94) {
    const auto by =
        milliseconds(chance(0.5) ? between(-1'500, 1'500) : 3'600'000 * (2 * between(0, 1) - 1));
    tell(fmt::format("the wall's clock is put on by {} ms", by.count()));
    station_.world().step_wall(by);
    return;
  }
  const auto person = static_cast<std::size_t>(between(0, 1));
  const int by_ms = between(-60, 120);
  tell(fmt::format("the clock of person {} jumps by {} ms", person, by_ms));
  station_.world().step_clock(person, milliseconds(by_ms));
}

void RandomStation::kill_one() {
  const base::Duration down = ms_between(20, 400);
  const double share = dice_.unit();
  switch (between(0, 9)) {
    case 0:
      tell(fmt::format("the mixer dies for {} ms", ms_of(down)));
      return station_.crash_mixer(down);
    case 1:
      tell(fmt::format("the mixer dies in its sound record at {:.2f}", share));
      return station_.world().crash_mixer_in_tick(true, share, down);
    case 2:
      tell(fmt::format("the mixer dies with {:.2f} of its returns sent", share));
      return station_.world().crash_mixer_in_tick(false, share, down);
    case 3:
      tell(fmt::format("the mixer will die in a stage record at {:.2f}", share));
      return station_.world().crash_mixer_in_stage_record(share, down);
    case 4:
    case 5: {
      const int steps = between(0, 20);
      tell(fmt::format("the publisher will die in {} steps", steps));
      return station_.publisher().die_after(steps, 2 * down);
    }
    case 6:
    case 7: {
      const int steps = between(0, 120);
      const base::Duration serve_down = ms_between(200, 3'000);
      tell(fmt::format("serve will die in {} steps for {} ms", steps, ms_of(serve_down)));
      return station_.serve().die_after(steps, serve_down);
    }
    case 8: {
      const int steps = between(0, 12);
      tell(fmt::format("the keeper will die in {} steps", steps));
      return station_.keeper().disk().die_after(steps);
    }
    default:
      tell("everything dies");
      station_.serve().kill(ms_between(200, 2'000));
      return station_.crash_keeper();
  }
}

void RandomStation::cut_somebody() {
  if (chance(0.5)) {
    // Longer than serve waits for a redial, and it would be right to kill the keeper.
    const base::Duration length = ms_between(100, 4'500);
    const bool is_cut = chance(0.6);
    tell(fmt::format("keeper and serve are {} for {} ms", is_cut ? "parted" : "held up",
                     ms_of(length)));
    is_cut ? station_.link().cut(true) : station_.link().stall(true);
    return later(length, [this] {
      station_.link().cut(false);
      station_.link().stall(false);
    });
  }
  const auto person = static_cast<std::size_t>(between(0, 1));
  const int way = between(0, 2);
  const base::Duration length = ms_between(200, 9'000);
  tell(fmt::format("person {} is cut off ({}) for {} ms", person,
                   way == 0   ? "up"
                   : way == 1 ? "down"
                              : "both",
                   ms_of(length)));
  station_.world().set_path(person, {.is_out = way != 1}, {.is_out = way != 0});
  later(length, [this, person] { station_.world().set_path(person, {}, {}); });
}

void RandomStation::fill_disks() {
  const base::Duration length = ms_between(100, 3'500);
  const int whose = between(0, 3);
  tell(fmt::format("the disk of {} is full for {} ms",
                   whose == 0   ? "serve"
                   : whose == 1 ? "the keeper"
                   : whose == 2 ? "the publisher"
                                : "everybody",
                   ms_of(length)));
  if (whose == 0 || whose == 3) station_.serve().disk().fill(true);
  if (whose == 1 || whose == 3) station_.keeper().disk().fill(true);
  if (whose >= 2) station_.publisher().fill_disk(true);
  later(length, [this] {
    station_.serve().disk().fill(false);
    station_.keeper().disk().fill(false);
    station_.publisher().fill_disk(false);
  });
}

}  // namespace shelcaster::sim
