#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config/show_settings.hpp"
#include "base/result.hpp"

namespace shelcaster::app {

/// What `shelcaster serve` runs with: what its shows' processes have, and its own. Meanings, units
/// and reasons: config/shelcaster.toml.
struct ServeConfig : ShowSettings {
  std::string listen = "127.0.0.1:8080";
  std::string tls_certificate;
  std::string tls_key;
  std::string ui;
  std::int64_t connections_max = 4'096;
  std::int64_t connections_per_address_max = 512;
  std::int64_t requests_per_second_max = 100;
  std::vector<std::string> trusted_proxies;
  bool trust_loopback = false;
  std::string data = "shelcaster-data";
  std::int64_t upload_mib_max = 1'024;
  std::int64_t imports_max = 2;
  std::int64_t library_mib_max = 51'200;
  std::int64_t spool_mib_max = 4'096;
  std::int64_t ready_mib_max = 2'048;
  std::int64_t reserve_mib = 512;
  bool allow_private_urls = false;
  std::int64_t tracks_max = 10'000;
  std::int64_t tracklists_max = 1'000;
  std::int64_t tracklist_tracks_max = 200'000;
  bool allow_private_destinations = false;
  std::int64_t participants_max = 100;
  std::int64_t sessions_max = 1'000;
  std::int64_t joins_per_minute_max = 60;
  std::int64_t listeners_max = 64;
  std::int64_t listeners_per_address_max = 16;
  std::int64_t listener_offers_per_minute_max = 60;
  std::int64_t token_lifetime_s = 14 * 24 * 3'600;
  std::int64_t event_log_days = 30;
  std::int64_t event_log_mib = 8;
  bool has_recording = true;
  bool has_flac_recording = true;
  std::int64_t recording_days = 30;
  std::int64_t recording_mib_max = 20'480;
  std::int64_t recording_reserve_mib = 2'048;
  bool stop_shows_on_exit = false;
  std::int64_t dead_air_after_s = 15;
  std::int64_t dead_air_threshold_db = -50;
  bool has_standby_bed = true;
  std::string webhook_url;
};

/// The type tells whose it is: a row that leads into ShowSettings is handed to the show's
/// processes.
using SettingField = std::variant<std::string ServeConfig::*, std::int64_t ServeConfig::*,
                                  bool ServeConfig::*, std::vector<std::string> ServeConfig::*,
                                  std::string ShowSettings::*, std::int64_t ShowSettings::*,
                                  bool ShowSettings::*, std::vector<std::string> ShowSettings::*>;

/// One row for the file, the environment, the command line and the manual.
struct Setting {
  std::string_view key;   // in the file: "http.listen"
  std::string_view flag;  // on the command line: --listen; in the environment: SHELCASTER_LISTEN
  SettingField field;
  std::string_view help;
  std::int64_t min = 0;  // of an integer
  std::int64_t max = 0;

  [[nodiscard]] std::string environment_name() const;
  /// For --help: what it is, how an on/off setting is switched off, and the variable's name.
  [[nodiscard]] std::string help_text() const;
  /// Whether its value is a `T`.
  template <typename T>
  [[nodiscard]] bool holds() const {
    return std::holds_alternative<T ServeConfig::*>(field) ||
           std::holds_alternative<T ShowSettings::*>(field);
  }
};

std::span<const Setting> serve_settings();

struct ConfigSources {
  std::map<std::string, std::string> flags;  // by Setting::flag
  std::function<const char*(const char* name)> environment;
  std::optional<std::filesystem::path> file;
};

/// Flags win over the environment, that over the file, that over the defaults. The error has every
/// mistake, one a line.
base::Result<ServeConfig> load_serve_config(const ConfigSources& sources);

}  // namespace shelcaster::app
