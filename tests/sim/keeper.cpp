#include "keeper.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "link/messages.hpp"
#include "witness.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
namespace json = boost::json;

// As in app/keeper.
constexpr base::Duration kRedial = milliseconds(500);
constexpr base::Duration kCheckPeriod = milliseconds(150);
constexpr base::Duration kStatusPeriod = milliseconds(2'000);

}  // namespace

Keeper::Keeper(ShowWorld& world, Publisher& publisher, KeeperLink& link, std::filesystem::path note,
               std::string show_id)
    : world_(world),
      publisher_(publisher),
      link_(link),
      note_file_(std::move(note)),
      show_id_(std::move(show_id)) {}

void Keeper::start(bool is_resumed) {
  disk_.revive();
  app::ShowNote note;
  notes_.emplace(app::note_file(note_file_));
  if (is_resumed && !forgets_note_) {
    note = app::NoteKeeper::read(note_file_).value_or(app::ShowNote());
  }
  ++pid_;
  custody_.emplace(static_cast<app::CustodyPorts&>(*this), std::move(note));
  if (pid_ == 101) world_.set_keeper(*this);
  dials_at_ = status_at_ = checks_at_ = world_.now();
  custody_->write_note(world_.now(), head());
}

void Keeper::die() {
  witness(world_.now(), "keeper dies");
  disk_.kill();
  custody_.reset();
  kept_.clear();
  newest_note_.reset();
  link_.break_off();
}

void Keeper::tick(base::Instant now) {
  if (!is_up()) return;
  if (newest_note_) store_note();
  if (!is_up()) return;
  if (!link_.is_up() && dials_at_ <= now) dial(now);
  while (auto message = link_.take(now, KeeperLink::To::kKeeper)) {
    witness(now, "serve to keeper", json::serialize(*message));
    if (passage_.take_from_serve(*message)) continue;
    auto arrived = link::parse<link::ServeToKeeper>(*message);
    if (!arrived) throw std::runtime_error(arrived.error().message);
    custody_->handle_serve(std::move(*arrived).value());
  }
  const bool is_mixer_down = world_.is_mixer_down();
  if (is_mixer_down && !was_mixer_down_) custody_->handle_mix_ended();
  const bool has_changed =
      was_mixer_down_ != is_mixer_down || was_publisher_up_ != publisher_.is_running();
  was_mixer_down_ = is_mixer_down;
  was_publisher_up_ = publisher_.is_running();
  if (checks_at_ <= now) {
    checks_at_ = now + kCheckPeriod;
    custody_->handle_timeout(now, head());
  }
  if (has_changed || status_at_ <= now) {
    status_at_ = now + kStatusPeriod;
    tell_status();
  }
}

void Keeper::dial(base::Instant now) {
  dials_at_ = now + kRedial;
  if (!link_.dial()) return;
  to_serve(link::Hello{.show_id = show_id_,
                       .pid = pid_,
                       .desired_version = custody_->desired_version(),
                       .epoch_unix_ms = 0});
  for (const link::KeeperToServe& message : std::exchange(kept_, {})) to_serve(message);
  custody_->greet();
  tell_status();
}

void Keeper::tell_status() {
  const auto child = [](bool runs) {
    return link::ChildReport{
        .state = runs ? "RUNNING" : "RESTARTING", .pid = {}, .restarts = {}, .figures = {}};
  };
  link::Status status;
  status.state = "RUNNING";
  status.mix = child(!world_.is_mixer_down());
  status.publish = child(publisher_.is_running());
  to_serve(std::move(status));
}

void Keeper::to_serve(const link::KeeperToServe& message) { pass_to_serve(link::to_json(message)); }

void Keeper::pass_to_serve(const json::object& frame) {
  witness(world_.now(), "keeper to serve", json::serialize(frame));
  (void)link_.send(world_.now(), KeeperLink::To::kServe, frame);
}

bool Keeper::pass_to_mix(const json::object& frame) {
  const auto message = link::parse<link::KeeperToMix>(frame);
  if (!message) throw std::runtime_error(message.error().message);
  return world_.give(message->value());
}

void Keeper::to_serve_or_keep(const link::KeeperToServe& message) {
  const json::object sent = link::to_json(message);
  witness(world_.now(), "keeper to serve", json::serialize(sent));
  if (!link_.send(world_.now(), KeeperLink::To::kServe, sent)) kept_.push_back(message);
}

std::uint64_t Keeper::write_note(const app::ShowNote& note) {
  newest_note_ = note;
  return ++note_number_;
}

/// What the thread of app::NoteKeeper does, a tick later.
void Keeper::store_note() {
  const app::ShowNote note = *std::exchange(newest_note_, std::nullopt);
  const std::string text = app::write_show_note(note);
  witness(world_.now(), "keeper notes", text);
  bool is_stored = false;
  {
    const SimDisk::Use use(disk_);
    is_stored = leaves_stale_note_ || notes_->write(text).has_value();
  }
  if (disk_.is_dead()) return die();
  if (is_stored) {
    for (const link::DeckItemEnded& ended : note.ended) {
      if (ended.reason != "STOP") ended_for_good_.insert(ended.item_id);
    }
  }
  custody_->handle_note_written(note_number_);
}

void Keeper::handle_mixer_started() {
  if (is_up()) custody_->handle_mix_started();
}

void Keeper::handle_mixer_message(const json::object& frame) {
  if (!is_up() || passage_.take_from_mix(frame)) return;
  auto message = link::parse<link::MixToKeeper>(frame);
  if (!message) throw std::runtime_error(message.error().message);
  custody_->handle_mix(world_.now(), head(), std::move(*message).value());
}

}  // namespace shelcaster::sim
