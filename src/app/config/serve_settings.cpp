#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "app/config/serve_config.hpp"

// The one list of settings: whatever names them goes by it.
namespace shelcaster::app {
namespace {

constexpr std::int64_t kPortMax = 65'535;

constexpr auto kSettings = std::to_array<Setting>({
    {"http.listen", "listen", &ServeConfig::listen,
     "address:port of HTTP; port 0 takes a free one"},
    {"http.tls_certificate", "tls-certificate", &ServeConfig::tls_certificate,
     "PEM file with the certificate chain"},
    {"http.tls_key", "tls-key", &ServeConfig::tls_key, "PEM file with its private key"},
    {"http.ui", "ui", &ServeConfig::ui, "folder of the built pages"},
    {"http.connections_max", "connections-max", &ServeConfig::connections_max,
     "connections at one time", 1, 1'000'000},
    {"http.connections_per_address_max", "connections-per-address-max",
     &ServeConfig::connections_per_address_max, "connections of one address at one time", 1,
     1'000'000},
    {"http.requests_per_second_max", "requests-per-second-max",
     &ServeConfig::requests_per_second_max,
     "API requests of one address or token; four seconds of them at once", 1, 100'000},
    {"http.trusted_proxies", "trusted-proxies", &ServeConfig::trusted_proxies,
     "addresses of proxies whose X-Forwarded headers are believed, comma-separated"},
    {"limits.trust_loopback", "trust-loopback", &ServeConfig::trust_loopback,
     "no request budget for this machine, and /metrics without a token"},
    {"data.dir", "data", &ServeConfig::data, "folder that holds everything that is kept"},
    {"data.reserve_mib", "reserve-mib", &ServeConfig::reserve_mib,
     "MiB of the disk that music leaves free", 0, 1'000'000'000},
    {"media.ip", "media-ip", &ServeConfig::media_ip,
     "addresses at which browsers reach this machine by UDP, comma-separated"},
    {"media.port_min", "media-port-min", &ServeConfig::media_port_min,
     "first UDP port for shows; 0: any free one", 0, kPortMax},
    {"media.port_max", "media-port-max", &ServeConfig::media_port_max, "last UDP port for shows", 0,
     kPortMax},
    {"media.allow_private_urls", "allow-private-urls", &ServeConfig::allow_private_urls,
     "let tracks come from private and loopback addresses"},
    {"outputs.allow_private_destinations", "allow-private-destinations",
     &ServeConfig::allow_private_destinations,
     "let RTMP destinations be at private and loopback addresses"},
    {"tracks.upload_mib_max", "upload-mib-max", &ServeConfig::upload_mib_max, "largest track, MiB",
     1, 16'384},
    {"tracks.imports_max", "imports-max", &ServeConfig::imports_max, "imports at one time", 1, 64},
    {"tracks.library_mib_max", "library-mib-max", &ServeConfig::library_mib_max,
     "all tracks as ready files, MiB", 1, 1'000'000'000},
    {"tracks.spool_mib_max", "spool-mib-max", &ServeConfig::spool_mib_max,
     "uploads on their way and waiting, MiB", 1, 1'000'000'000},
    {"tracks.ready_mib_max", "ready-mib-max", &ServeConfig::ready_mib_max,
     "one track as a ready file, MiB", 1, 1'000'000},
    {"tracks.tracks_max", "tracks-max", &ServeConfig::tracks_max, "tracks in the library", 1,
     100'000},
    {"tracks.tracklists_max", "tracklists-max", &ServeConfig::tracklists_max,
     "tracklists in the library", 1, 10'000},
    {"tracks.tracklist_tracks_max", "tracklist-tracks-max", &ServeConfig::tracklist_tracks_max,
     "tracks in all tracklists together", 4, 1'000'000},
    {"shows.sessions_max", "sessions-max", &ServeConfig::sessions_max,
     "sessions of one show that are kept", 1, 10'000},
    {"shows.participants_max", "participants-max", &ServeConfig::participants_max,
     "people in a show at one time", 2, 128},
    {"shows.joins_per_minute_max", "joins-per-minute-max", &ServeConfig::joins_per_minute_max,
     "joins from one address", 1, 1'000'000},
    {"shows.listeners_max", "listeners-max", &ServeConfig::listeners_max,
     "WebRTC listeners without a seat, per show", 0, 128},
    {"shows.listeners_per_address_max", "listeners-per-address-max",
     &ServeConfig::listeners_per_address_max, "of these from one address", 1, 128},
    {"shows.listener_offers_per_minute_max", "listener-offers-per-minute-max",
     &ServeConfig::listener_offers_per_minute_max, "of their offers from one address", 1,
     1'000'000},
    {"shows.token_lifetime_s", "token-lifetime-s", &ServeConfig::token_lifetime_s,
     "seconds until a link expires", 60, 366LL * 24 * 3'600},
    {"shows.tape_s", "tape-s", &ServeConfig::tape_s, "seconds of programme kept in memory", 4, 600},
    {"shows.event_log_days", "event-log-days", &ServeConfig::event_log_days,
     "days that a show's events are kept", 1, 3'650},
    {"shows.event_log_mib", "event-log-mib", &ServeConfig::event_log_mib,
     "MiB of events that are kept of a show", 1, 1'024},
    {"shows.rtmps_ca_file", "rtmps-ca-file", &ServeConfig::rtmps_ca_file,
     "PEM file of the authorities that rtmps destinations are checked against"},
    {"shows.stop_on_exit", "stop-shows-on-exit", &ServeConfig::stop_shows_on_exit,
     "end the shows when serve ends"},
    {"recording.enabled", "recording", &ServeConfig::has_recording,
     "keep every show's programme on the disk"},
    {"recording.flac", "recording-flac", &ServeConfig::has_flac_recording,
     "keep it without loss, too, as FLAC"},
    {"recording.days", "recording-days", &ServeConfig::recording_days,
     "days that recordings are kept", 1, 36'500},
    {"recording.mib_max", "recording-mib-max", &ServeConfig::recording_mib_max,
     "all recordings of all shows, MiB", 1, 1'000'000'000},
    {"recording.reserve_mib", "recording-reserve-mib", &ServeConfig::recording_reserve_mib,
     "MiB of the disk that recordings leave free, and at most a tenth of it", 0, 1'000'000'000},
    {"dead_air.after_s", "dead-air-after-s", &ServeConfig::dead_air_after_s,
     "seconds of silence until the queue or a bed plays; 0: never", 0, 3'600},
    {"dead_air.threshold_db", "dead-air-threshold-db", &ServeConfig::dead_air_threshold_db,
     "dBFS below which the programme is silent", -90, -20},
    {"dead_air.bed", "dead-air-bed", &ServeConfig::has_standby_bed,
     "play made music when there is no queue"},
    {"opus.returns_channels", "returns-channels", &ServeConfig::returns_channels,
     "what people hear of the show: 1 mono, 2 stereo", 1, 2},
    {"opus.returns_bitrate_bps", "returns-bitrate-bps", &ServeConfig::returns_bitrate_bps,
     "bit/s of what each person hears", 16'000, 256'000},
    {"opus.returns_complexity", "returns-complexity", &ServeConfig::returns_complexity,
     "effort of its encoding, 0 to 10", 0, 10},
    {"alerts.webhook_url", "webhook-url", &ServeConfig::webhook_url,
     "http(s) URL that alerts are posted to"},
    {"log.level", "log-level", &ServeConfig::log_level, "debug, info, warn or error"},
});

}  // namespace

std::string Setting::environment_name() const {
  std::string name = "SHELCASTER_";
  for (const char c : flag) {
    name.push_back(c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::string Setting::help_text() const {
  // A flag takes no value behind a space.
  const std::string how = holds<bool>() ? fmt::format("; off: --{}=false", flag) : std::string();
  return fmt::format("{}{} [{}]", help, how, environment_name());
}

std::span<const Setting> serve_settings() { return kSettings; }

}  // namespace shelcaster::app
