#include "station.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
namespace json = boost::json;

constexpr base::Duration kTick = milliseconds(10);
constexpr base::Duration kLaunch = milliseconds(120);
constexpr int kItemsQueued = 25;

json::object object_of(const std::optional<control::Response>& response) {
  if (!response || response->status / 100 != 2) {
    throw std::runtime_error(response ? response->body : "no answer");
  }
  return json::parse(response->body).as_object();
}

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

}  // namespace

Station::Station(std::uint64_t seed)
    : dice_(seed * 2 + 1),
      world_(seed, kTapeSeconds),
      serve_(world_, link_, folder_.path() / "shelcaster.db",
             {.launch =
                  [this](bool is_resumed) {
                    if (keeper_ && keeper_->is_up()) return;
                    launches_at_ = world_.now() + kLaunch;
                    is_launch_resumed_ = is_resumed;
                  },
              .is_there = [this] { return keeper_ && keeper_->is_up(); },
              .kill =
                  [this] {
                    if (keeper_ && keeper_->is_up()) keeper_->die();
                  }},
             seed + 2) {
  publisher_.lose_keeper(world_.now());
  world_.set_each_tick([this](base::Instant now) { tick(now); });
  show_id_ = make_show();
  run(seconds(2));
  const json::object show = object_of(serve_.ask("GET", "/shows/" + show_id_));
  if (text_of(show, "status") != "LIVE") throw std::runtime_error("the show isn't live");
  commander_->give(world_.now(), "PLAY");
  run(milliseconds(500));
}

std::string Station::make_show() {
  show_id_ = text_of(object_of(serve_.ask("POST", "/shows", R"({"title":"T"})")), "showId");
  serve_.set_show(show_id_);
  keeper_ =
      std::make_unique<Keeper>(world_, publisher_, link_, folder_.path() / "show.note", show_id_);
  const std::string track =
      text_of(object_of(serve_.ask("POST", "/tracks", R"({"url":"https://example.org/a.mp3"})")),
              "trackId");
  control::ImportProgress ready;
  ready.track_id = studio::TrackId(track);
  ready.state = control::ImportProgress::State::kReady;
  ready.duration_ms = 60'000;
  serve_.handle_import(ready);
  commander_ = std::make_unique<Commander>(serve_, show_id_, track, dice_.u64());
  commander_->fill_queue(world_.now(), kItemsQueued);
  (void)object_of(serve_.ask("POST", "/shows/" + show_id_ + "/start", "{}"));
  return show_id_;
}

void Station::join(const std::string& name, double tone_hz) {
  const json::object seat = object_of(serve_.ask("POST", "/shows/" + show_id_ + "/caller-tokens",
                                                 fmt::format(R"({{"username":"{}"}})", name)));
  const std::string participant = text_of(seat, "participantId");
  commander_->add_seat(participant, false);
  serve_.claim_seat(text_of(seat, "token"));
  run(milliseconds(100));
  (void)world_.join(participant, {.tone_hz = tone_hz, .is_on_air = false});
}

void Station::run(base::Duration length) {
  const base::Instant until = world_.now() + length;
  while (world_.now() < until) {
    if (is_kept_ && !keeper_->is_up()) replace_keeper();
    world_.run(kTick);
  }
}

/// Mixer and publisher are its children, and die when it does.
void Station::replace_keeper() {
  is_kept_ = false;
  ++keepers_lost_;
  publisher_.lose_keeper(world_.now());
  serve_.handle_keeper_exit();
  world_.crash_everything([this] { return keeper_->is_ready(); });
  publisher_.begin_programme(world_.now(), world_.tape_fd());
}

void Station::tick(base::Instant now) {
  publisher_.tick(now);
  if (keeper_) keeper_->tick(now);
  serve_.tick(now);
  if (launches_at_ <= now) {
    launches_at_ = base::Instant::never();
    const bool is_first = keepers_lost_ == 0;
    keeper_->start(is_launch_resumed_);
    if (is_first) publisher_.begin_programme(now, world_.tape_fd());
    is_kept_ = true;
  }
  each_tick_();
  if (!commander_) return;
  commander_->tick(now);
  if (commands_at_ <= now) commander_->command(now);
  if (commands_at_ <= now || (commands_at_.is_never() && pace_.count() > 0)) {
    const double wait = -std::log(1 - dice_.unit()) * static_cast<double>(pace_.count());
    commands_at_ = now + base::Duration(static_cast<std::int64_t>(wait));
  }
}

void Station::settle(base::Duration calm) {
  pace_ = {};
  commands_at_ = base::Instant::never();
  link_.cut(false);
  link_.stall(false);
  publisher_.fill_disk(false);
  serve_.disk().fill(false);
  keeper_->disk().fill(false);
  for (SimDisk* disk : {&publisher_.disk(), &serve_.disk(), &keeper_->disk()}) disk->spare();
  run(calm);
  Commander::Outcome outcome;
  // A fallback plays what nobody has told to play.
  outcome.deck_state = world_.is_in_fallback() ? "PAUSED" : world_.deck_state();
  outcome.callers_volume = world_.callers_volume();
  outcome.ended = keeper_->ended_for_good();
  for (std::size_t i = 0; i < world_.people(); ++i) {
    outcome.seats[world_.id(i)] = {.is_on_air = world_.is_on_air(i), .volume = world_.volume(i)};
  }
  for (const std::string& breach : commander_->breaches(outcome)) complain(breach);
}

}  // namespace shelcaster::sim
