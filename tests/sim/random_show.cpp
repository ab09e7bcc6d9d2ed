#include "random_show.hpp"

#include <fmt/format.h>

#include <cmath>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kStoryLinesMax = 4000;

}  // namespace

RandomShow::RandomShow(std::uint64_t seed, const RandomShowOptions& options)
    : options_(options), dice_(seed * 2 + 1), world_(seed) {}

void RandomShow::tell(const std::string& what, std::size_t person) {
  if (story_.size() >= kStoryLinesMax) return;
  const double at = static_cast<double>(world_.now().nanoseconds()) * 1e-9;
  story_.push_back(fmt::format("{:9.3f} s: person-{} {}", at, person, what));
}

void RandomShow::play() {
  const base::Instant end = world_.now() + options_.length;
  const auto pace = static_cast<double>(options_.pace.count());
  while (world_.now() < end) {
    happen();
    const double wait = -std::log(1 - dice_.unit()) * pace;
    world_.run(base::Duration(static_cast<std::int64_t>(std::min(wait, 4 * pace))));
    heal_due();
  }
  calm_down();
}

void RandomShow::join() {
  const std::size_t number = world_.people();
  world_.join(fmt::format("person-{}", number),
              {.tone_hz = 300.0 + 100.0 * static_cast<double>(number),
               .is_host = number == 0,
               .is_on_air = number == 0 || chance(0.6),
               .drift_ppm = between(-200, 200),
               .uses_dtx = chance(0.7)});
  heals_at_.push_back(base::Instant::never());
  talks_.push_back(true);
  tell("joins", number);
  if (chance(0.3)) change_path(number);
}

void RandomShow::happen() {
  const auto joined = static_cast<int>(world_.people());
  if (joined == 0 || (joined < options_.people && chance(0.35))) {
    join();
  } else if (chance(0.08)) {
    use_deck();
  } else if (chance(0.05)) {
    const int down_ms = between(20, 400);
    tell(fmt::format("sees the mixer die for {} ms", down_ms), 0);
    world_.crash_mixer(milliseconds(down_ms));
  } else {
    happen_to(dice_.below(static_cast<std::uint64_t>(joined)));
  }
}

void RandomShow::happen_to(std::size_t person) {
  if (world_.is_kicked(person)) return;
  if (!world_.is_in(person)) {
    tell("comes back", person);
    world_.come_back(person);
    return;
  }
  const int what = between(0, 99);
  if (what < 18) {
    const bool is_on_air = chance(0.6);
    tell(is_on_air ? "is put on the air" : "is taken off the air", person);
    world_.set_on_air(person, is_on_air);
  } else if (what < 38) {
    talks_[person] = !talks_[person];
    tell(talks_[person] ? "talks" : "falls silent", person);
    world_.talk(person, talks_[person]);
  } else if (what < 46) {
    const int volume = chance(0.2) ? 0 : between(50, 100);
    tell(fmt::format("has volume {}", volume), person);
    world_.set_volume(person, volume);
  } else if (what < 53) {
    const bool is_muted = chance(0.4);
    tell(is_muted ? "is muted" : "is unmuted", person);
    world_.set_muted(person, is_muted);
  } else if (what < 60) {
    tell("loads the page anew", person);
    world_.refresh(person);
  } else if (what < 66) {
    const bool restarts = chance(0.5);
    tell(restarts ? "roams and restarts ICE" : "roams unknowingly", person);
    world_.roam(person, restarts);
  } else if (what < 70) {
    tell("leaves without a word", person);
    world_.leave_silently(person);
  } else if (what < 73) {
    tell("hangs up", person);
    world_.hang_up(person);
  } else if (what < 75) {
    if (person == 0 || !chance(0.5)) return;
    const bool keeps_sending = chance(0.5);
    tell(keeps_sending ? "is kicked and goes on sending" : "is kicked", person);
    world_.kick(person, keeps_sending);
  } else if (what < 80) {
    const int by = between(-60, 120);
    tell(fmt::format("has a clock that jumps by {} ms", by), person);
    world_.step_clock(person, milliseconds(by));
  } else if (what < 92) {
    change_path(person);
  } else {
    storm(person);
  }
}

void RandomShow::change_path(std::size_t person) {
  LinkConditions up{.delay = milliseconds(between(5, 80))};
  LinkConditions down{.delay = milliseconds(between(5, 80))};
  const int kind = between(0, 6);
  if (kind == 1) {  // wireless: wavers, now and then a packet is late or lost
    up.jitter = down.jitter = milliseconds(between(2, 10));
    up.tail = down.tail = chance(0.5) ? 0.002 : 0;
    up.loss_in_good = down.loss_in_good = 0.01 * dice_.unit();
  } else if (kind == 2) {  // bad mobile network: bursts
    up.jitter = down.jitter = milliseconds(between(5, 30));
    up.tail = 0.01;
    up.to_bad = down.to_bad = 0.02 * dice_.unit() + 0.001;
    up.to_good = down.to_good = 0.1 + 0.4 * dice_.unit();
    up.loss_in_bad = down.loss_in_bad = 0.7;
    up.loss_in_good = 0.02;
  } else if (kind == 3) {  // a full line, and a modem that keeps everything
    up.rate_bps = between(150, 600) * 1000;
    up.queue = milliseconds(between(50, 600));
  } else if (kind == 4) {  // several ways at once
    up.jitter = down.jitter = milliseconds(between(2, 20));
    up.reorder = down.reorder = 0.3;
    up.duplicate = down.duplicate = 0.05;
  }
  constexpr const char* kNames[] = {"good",     "wireless", "mobile", "full",
                                    "many-way", "good",     "good"};
  tell(fmt::format("has a {} network", kNames[kind]), person);
  world_.set_path(person, up, down);
  heals_at_[person] = base::Instant::never();
}

/// Something short that passes by itself.
void RandomShow::storm(std::size_t person) {
  LinkConditions up;
  LinkConditions down;
  if (chance(0.5)) {
    const bool is_both = chance(0.6);
    up.is_out = true;
    down.is_out = is_both;
    tell("has an outage", person);
  } else {
    up.jitter = milliseconds(between(20, 120));
    up.tail = 0.05;
    down.jitter = milliseconds(40);
    tell("has a storm", person);
  }
  world_.set_path(person, up, down);
  heals_at_[person] = world_.now() + milliseconds(between(300, 3000));
}

void RandomShow::heal_due() {
  for (std::size_t i = 0; i < heals_at_.size(); ++i) {
    if (heals_at_[i] > world_.now()) continue;
    tell("is over it", i);
    world_.set_path(i, {}, {});
    heals_at_[i] = base::Instant::never();
  }
}

void RandomShow::use_deck() {
  if (deck_ == DeckIs::kPlaying && chance(0.4)) {
    world_.deck("DECK_SEEK", between(0, 30'000));
  } else if (deck_ == DeckIs::kPlaying) {
    const bool pauses = chance(0.5);
    world_.deck(pauses ? "DECK_PAUSE" : "DECK_STOP");
    deck_ = pauses ? DeckIs::kPaused : DeckIs::kStopped;
  } else {
    world_.deck("DECK_PLAY");
    deck_ = DeckIs::kPlaying;
  }
}

void RandomShow::calm_down() {
  for (std::size_t i = 0; i < world_.people(); ++i) {
    world_.set_path(i, {}, {});
    if (world_.is_kicked(i)) continue;
    talks_[i] = true;
    world_.talk(i, true);
    world_.set_on_air(i, true);
    if (!world_.is_in(i)) world_.come_back(i);
  }
  world_.run(options_.calm);
}

}  // namespace shelcaster::sim
