#include "control/detail/embedded.hpp"

#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/owners.hpp"

namespace shelcaster::control::detail {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration kTidyInterval = 10s;
constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;

}  // namespace

Embedded::Embedded(ApiConfig config, ApiPorts ports)
    : ask_(ports.clock),
      core_(std::move(config),
            {ports.store, ports.media, ports.recordings, ports.show_files, ports.viewers,
             ports.processes, ports.alarms, ports.clock, ports.random, doorbell_},
            fan_out_.hub, counters_, imports_.states),
      limits_(core_.config),
      runners_({core_, board_, ports.stages, ask_}),
      supervisor_(core_, board_, ports.stages, ask_),
      desk_(desk_with(core_)) {
  // A Runner is there before its keeper can be launched.
  doorbell_.listen([this](const studio::ShowId& show, Changed what) {
    runners_.handle_ring(show, what);
    supervisor_.handle_ring(show, what);
  });
  ask_.listen([this](const Question& question) { runners_.handle_question(question); });
}

void Embedded::recover() {
  core_.contained("owners", [&] { settle_owners(core_); });
  core_.contained("recover shows", [&] {
    runners_.recover();
    supervisor_.recover();
  });
  core_.contained("alerts", [&] { alerts_.recover(core_); });
  core_.contained("what deleted shows left", [&] { show_sweep_.recover(desk_); });
  core_.contained("imports", [&] { recover_imports(); });
}

void Embedded::recover_imports() {
  for (const studio::Track& track : core_.tracks()) {
    if (track.status != studio::TrackStatus::kImporting) continue;
    if (track.source != "upload") {
      start_fetch(desk_, track, track.owner.value_or(studio::ShowId()).str(),
                  track.is_for_deck ? FetchFor::kDeck : FetchFor::kLibrary);
      continue;
    }
    if (resume_upload(desk_, track)) continue;
    core_.ports.media.remove(track.id);
    ImportProgress lost;
    lost.track_id = track.id;
    lost.state = ImportProgress::State::kFailed;
    lost.error = "the server was restarted during the import and the file is gone: upload it again";
    imports_.ends.take(desk_, lost);
  }
  core_.ports.media.drop_lost_uploads();
}

void Embedded::handle_link(const studio::ShowId& show, const link::KeeperToServe& message) {
  core_.contained("link", [&] {
    // What a keeper that was slow to end has to say of a show that was deleted since.
    const bool is_hello = std::holds_alternative<link::Hello>(message);
    if (!is_hello && show_sweep_.is_under_way(show)) return;
    runners_.handle_link(show, message);
  });
}

void Embedded::handle_link_closed(const studio::ShowId& show) {
  core_.contained("link closed", [&] { runners_.handle_link_closed(show); });
}

void Embedded::handle_stage_exit(const studio::ShowId& show, std::string_view detail) {
  core_.contained("stage exit", [&] {
    runners_.handle_stage_exit(show);
    supervisor_.handle_stage_exit(show, detail);
  });
}

void Embedded::handle_import(const ImportProgress& progress) {
  if (progress.state != ImportProgress::State::kImporting) {
    return imports_.ends.take(desk_, progress);
  }
  core_.contained("import", [&] { take_import_progress(desk_, progress); });
}

void Embedded::handle_recording_end(const studio::ShowId& show, const std::string& recording_id,
                                    RecordingEnd why) {
  core_.contained("recordings", [&] {
    // It may have been deleted since.
    if (!core_.find_show(show)) return;
    Change change = core_.change_by_system();
    change.event(show, "recording_removed",
                 {{"recordingId", recording_id}, {"reason", to_string(why)}});
    (void)core_.try_commit(change);
  });
}

void Embedded::handle_tick() {
  core_.write_waiting();
  core_.contained("shows", [&] { runners_.handle_tick(); });
  core_.contained("processes of shows", [&] { supervisor_.handle_tick(); });
  core_.contained("seats", [&] { seats_.handle_tick(desk_); });
  ask_.handle_tick();
  fan_out_.hub.close_expired(core_.wall());
  core_.contained("status", [&] { fan_out_.status.handle_tick(desk_); });
  core_.contained("alerts", [&] { alerts_.handle_tick(core_, board_); });
  imports_.ends.handle_tick(desk_);
  core_.contained("imports", [&] { imports_.watch.handle_tick(desk_); });
  core_.contained("what deleted shows left", [&] { show_sweep_.handle_tick(desk_); });
  fan_out_.replay.handle_tick(desk_);
  tidy();
}

/// Removes what is kept no longer, a step at a time.
void Embedded::tidy() {
  const base::Instant now = core_.ports.clock.now();
  if (tidied_at_ && now - *tidied_at_ < kTidyInterval) return;
  const std::int64_t wall_ms = core_.wall().unix_ms();
  const ApiConfig& config = core_.config;
  const auto has_more = core_.ports.store.tidy(
      {.events_before = base::WallTime::from_unix_ms(wall_ms - config.event_log_days * kDayMs),
       .event_bytes_max = config.event_log_mib * 1024 * 1024,
       .answers_before = base::WallTime::from_unix_ms(wall_ms - kDayMs)});
  if (!has_more || !*has_more) tidied_at_ = now;
}

}  // namespace shelcaster::control::detail
