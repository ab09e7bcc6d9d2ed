#include "app/serve/serve_role.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>

#include "app/serve/alarm_webhook.hpp"
#include "app/serve/data_dir.hpp"
#include "app/serve/disk_thread.hpp"
#include "app/serve/http_front.hpp"
#include "app/serve/imports.hpp"
#include "app/serve/keepers.hpp"
#include "app/serve/process_table.hpp"
#include "app/serve/recordings.hpp"
#include "app/serve/show_files.hpp"
#include "app/serve/viewer_window.hpp"
#include "base/log.hpp"
#include "control/api.hpp"
#include "launch/program.hpp"
#include "net/loopback.hpp"
#include "runtime/handed_socket.hpp"
#include "runtime/http_server.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"
#include "runtime/thread.hpp"
#include "store/patient_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
namespace log = base::log;

namespace {

constexpr std::chrono::milliseconds kTickPeriod{250};
constexpr base::Duration kRedialTime = std::chrono::seconds(3);
constexpr std::chrono::seconds kShowsStopMax{30};
constexpr std::chrono::seconds kDrainMax{10};
constexpr base::Duration kTlsLookPeriod = std::chrono::seconds(5);
constexpr std::size_t kAdminTokenLength = 40;  // 238 bits
/// A given one of fewer characters can be guessed: 22 of the kind that we make are 131 bits.
constexpr std::size_t kAdminTokenLengthMin = 22;
constexpr std::size_t kTokenKeyLength = 48;
constexpr std::size_t kWebhookSecretLength = 40;

class ControlClock final : public control::Clock {
 public:
  [[nodiscard]] base::Instant now() const override { return runtime::SystemClock::now(); }
  [[nodiscard]] base::WallTime wall() const override { return runtime::SystemClock::wall(); }
};

base::Result<net::Endpoint> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  if (address.empty()) address = "0.0.0.0";
  if (address == "localhost") address = "127.0.0.1";
  std::uint16_t port = 0;
  const char* first = text.data() + colon + 1;
  const char* last = text.data() + text.size();
  const auto [end, failed] = std::from_chars(first, last, port);
  if (colon == text.npos || failed != std::errc() || end != last) {
    return base::fail(fmt::format("http.listen: must be address:port (got \"{}\")", text));
  }
  return net::Endpoint::parse(address, port);
}

fs::path find_ui(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  // build/<preset>/bin/shelcaster in a checkout.
  const fs::path beside = program.parent_path() / ".." / ".." / ".." / "ui" / "dist";
  if (fs::exists(beside / "index.html", failed)) return fs::canonical(beside, failed);
  return "/usr/share/shelcaster/ui";
}

/// Of the environment; empty when there is none.
std::string given_secret(const char* name) {
  const char* given = std::getenv(name);
  return given != nullptr ? given : "";
}

/// Empty when nobody is to be told of alerts.
base::Result<std::string> webhook_secret(const ServeConfig& config, const DataDir& data,
                                         base::Random& random) {
  if (config.webhook_url.empty()) return std::string();
  if (auto given = given_secret("SHELCASTER_WEBHOOK_SECRET"); !given.empty()) return given;
  auto secret = data.secret("webhook-secret", kWebhookSecretLength, random);
  if (!secret) return tl::unexpected(secret.error());
  return secret->text;
}

base::Result<std::string> admin_token(const ServeConfig& config, const DataDir& data,
                                      base::Random& random) {
  if (auto given = given_secret("SHELCASTER_ADMIN_TOKEN"); !given.empty()) {
    if (given.size() >= kAdminTokenLengthMin) return given;
    const auto listen = parse_listen(config.listen);
    if (listen && !net::is_loopback(*listen)) {
      return base::fail(fmt::format(
          "SHELCASTER_ADMIN_TOKEN: must have at least {} characters when http.listen is "
          "reachable from other machines (has {}); without it one is made",
          kAdminTokenLengthMin, given.size()));
    }
    log::warn("serve",
              "SHELCASTER_ADMIN_TOKEN has {} characters: whoever can ask can guess it; give it at "
              "least {}",
              given.size(), kAdminTokenLengthMin);
    return given;
  }
  auto secret = data.secret("admin-token", kAdminTokenLength, random);
  if (!secret) return tl::unexpected(secret.error());
  if (secret->is_new) {
    const std::string file = (data / "admin-token").string();
    // What isn't a terminal may be a journal or a container's log, which are kept and read by
    // others.
    if (::isatty(STDOUT_FILENO) == 1) {
      fmt::print("admin token: {} (kept in {})\n", secret->text, file);
    } else {
      fmt::print("admin token: in {}\n", file);
    }
  }
  return secret->text;
}

/// The database, HLS and music keep their own reserve when the recording has stopped. 35 shows
/// write less than 10 MiB between two looks at the disk.
std::int64_t recording_reserve_mib_min(const ServeConfig& config) {
  constexpr std::int64_t kMarginMib = 16;
  return config.reserve_mib + kMarginMib;
}

control::ApiConfig api_config(const ServeConfig& config, std::string admin, std::string key) {
  control::ApiConfig api;
  api.admin_token = std::move(admin);
  api.token_key = std::move(key);
  api.upload_bytes_max = static_cast<std::uint64_t>(config.upload_mib_max) * 1024U * 1024U;
  api.participants_max = static_cast<std::size_t>(config.participants_max);
  api.tracks_max = static_cast<std::size_t>(config.tracks_max);
  api.tracklists_max = static_cast<std::size_t>(config.tracklists_max);
  api.tracklist_tracks_max = static_cast<std::size_t>(config.tracklist_tracks_max);
  api.sessions_max = static_cast<std::size_t>(config.sessions_max);
  api.joins_per_minute_max = static_cast<std::size_t>(config.joins_per_minute_max);
  api.listeners_max = static_cast<std::size_t>(config.listeners_max);
  api.listeners_per_address_max = static_cast<std::size_t>(config.listeners_per_address_max);
  api.listener_offers_per_minute_max =
      static_cast<std::size_t>(config.listener_offers_per_minute_max);
  api.allow_private_urls = config.allow_private_urls;
  api.trusts_loopback = config.trust_loopback;
  api.allow_private_destinations = config.allow_private_destinations;
  api.redial_timeout = kRedialTime;
  api.token_lifetime_s = config.token_lifetime_s;
  api.dead_air_after_s = config.dead_air_after_s;
  api.dead_air_threshold_db = config.dead_air_threshold_db;
  api.has_standby_bed = config.has_standby_bed;
  api.event_log_days = config.event_log_days;
  api.event_log_mib = config.event_log_mib;
  api.has_recording = config.has_recording;
  api.has_flac_recording = config.has_flac_recording;
  api.recording_reserve_mib = config.recording_reserve_mib;
  api.recording_reserve_mib_min = recording_reserve_mib_min(config);
  api.recording_days = config.recording_days;
  return api;
}

std::uint64_t mib_bytes(std::int64_t mib) { return static_cast<std::uint64_t>(mib) << 20U; }

/// Without recordings there is none to keep room for.
output::RecordingReserve recording_reserve(const ServeConfig& config) {
  if (!config.has_recording) return {};
  return {.bytes = mib_bytes(config.recording_reserve_mib),
          .bytes_min = mib_bytes(recording_reserve_mib_min(config))};
}

RecordingShelf recording_shelf(const ServeConfig& config, const fs::path& data_dir) {
  return {data_dir / "recordings",
          {.days_max = config.recording_days,
           .bytes_max = mib_bytes(config.recording_mib_max),
           .reserve = recording_reserve(config)}};
}

DiskRoom disk_room(const ServeConfig& config, const fs::path& data_dir) {
  return {data_dir,
          {.library_bytes_max = mib_bytes(config.library_mib_max),
           .spool_bytes_max = mib_bytes(config.spool_mib_max),
           .upload_bytes_max = mib_bytes(config.upload_mib_max),
           .ready_bytes_max = mib_bytes(config.ready_mib_max),
           .reserve_bytes = mib_bytes(config.reserve_mib),
           .recordings = recording_reserve(config)}};
}

/// Everything that serve is made of. The HTTP server is destroyed last: the control thread's
/// objects hold answers that belong to it.
class Serve {
 public:
  Serve(const ServeConfig& config, DataDir data, std::unique_ptr<store::SqliteStore> store,
        control::ApiConfig api, launch::Sibling keeper_program, const std::string& webhook_secret)
      : config_(config),
        data_(std::move(data)),
        disk_(std::move(store)),
        viewers_(clock_),
        alarms_(config.webhook_url, webhook_secret),
        recordings_(recordings_disk_, recording_shelf(config, data_.path()), clock_),
        show_files_(recordings_disk_, data_.path(), clock_),
        keepers_(io_, config_, data_.path(), std::move(keeper_program)),
        imports_(io_, data_.path(),
                 {.places = {.uploads_max = static_cast<std::size_t>(config.imports_max)},
                  .fetch_bytes_max = api.upload_bytes_max},
                 disk_room(config, data_.path())),
        tokens_(api.admin_token, api.token_key),
        api_(std::move(api), {.store = store_,
                              .stages = keepers_,
                              .media = imports_,
                              .viewers = viewers_,
                              .processes = processes_,
                              .alarms = alarms_,
                              .recordings = recordings_,
                              .show_files = show_files_,
                              .clock = clock_,
                              .random = random_}),
        signals_(io_, SIGTERM, SIGINT),
        reload_signal_(io_, SIGHUP),
        tick_(io_) {}

  base::Result<void> start();
  void run() { io_.run(); }
  void end();

 private:
  base::Result<void> listen_links();
  base::Result<void> listen_http();
  void tick_later();
  void wait_for_signal();
  void wait_for_shows(base::Instant deadline);
  void drain();
  void wait_for_answers(base::Instant deadline);
  void wait_for_reload();
  void reload_tls();

  const ServeConfig config_;
  const DataDir data_;
  std::unique_ptr<runtime::HttpServer> http_;
  boost::asio::io_context io_;  // the control thread's
  ControlClock clock_;
  runtime::SystemRandom random_;
  std::unique_ptr<store::SqliteStore> disk_;
  store::PatientStore store_{*disk_};
  ViewerWindow viewers_;
  ProcessTable processes_;
  AlarmWebhook alarms_;
  DiskThread recordings_disk_{io_, "recordings"};
  Recordings recordings_;
  ShowFiles show_files_;
  Keepers keepers_;
  Imports imports_;
  const control::TokenJudge tokens_;
  control::Api api_;
  base::Instant started_ = clock_.now();
  boost::asio::signal_set signals_;
  boost::asio::signal_set reload_signal_;
  base::Instant tls_looked_at_ = started_;
  boost::asio::steady_timer tick_;
};

base::Result<void> Serve::start() {
  imports_.on_progress([this](const control::ImportProgress& p) { api_.handle_import(p); });
  recordings_.on_end(
      [this](const studio::ShowId& show, const std::string& id, control::RecordingEnd why) {
        api_.handle_recording_end(show, id, why);
      });
  if (auto listening = listen_links(); !listening) return listening;
  // First what has ended, so that it isn't launched again.
  keepers_.take_words();
  api_.recover();
  if (auto listening = listen_http(); !listening) return listening;
  wait_for_signal();
  wait_for_reload();
  tick_later();
  return {};
}

base::Result<void> Serve::listen_links() {
  using studio::ShowId;
  return keepers_.listen(
      {.on_message = [this](const ShowId& id,
                            const link::KeeperToServe& m) { api_.handle_link(id, m); },
       .on_link_closed = [this](const ShowId& id) { api_.handle_link_closed(id); },
       .on_exit = [this](const ShowId& id,
                         std::string_view detail) { api_.handle_stage_exit(id, detail); }});
}

base::Result<void> Serve::listen_http() {
  const auto listen = parse_listen(config_.listen);
  if (!listen) return tl::unexpected(listen.error());
  runtime::HttpServerOptions options;
  options.listen = *listen;
  options.tls_certificate = config_.tls_certificate;
  options.tls_key = config_.tls_key;
  options.spool_dir = data_ / "spool";
  options.connections_max = static_cast<std::size_t>(config_.connections_max);
  options.connections_per_address_max =
      static_cast<std::size_t>(config_.connections_per_address_max);
  options.client_rate = {.per_second = HttpFront::kApiCost * config_.requests_per_second_max,
                         .burst = 4 * HttpFront::kApiCost * config_.requests_per_second_max};
  options.trusts_loopback = config_.trust_loopback;
  auto proxies = runtime::ProxyList::parse(config_.trusted_proxies);
  if (!proxies) return tl::unexpected(proxies.error());
  options.trusted_proxies = std::move(*proxies);
  auto handed = runtime::take_handed_socket();
  if (!handed) return tl::unexpected(handed.error());
  if (*handed) options.listen_socket = std::make_shared<base::UniqueFd>(std::move(**handed));
  auto server = runtime::HttpServer::start(
      options, std::make_shared<HttpFront>(io_, api_, tokens_, viewers_, find_ui(config_.ui),
                                           data_.path(), disk_room(config_, data_.path()),
                                           recordings_disk_, options.figures, clock_));
  if (!server) return tl::unexpected(server.error());
  http_ = std::move(*server);
  const std::string address =
      (config_.tls_key.empty() ? "http://" : "https://") + http_->local().str();
  std::ofstream(data_ / "run" / "address") << address << '\n';
  fmt::print("listening on {}\n", address);
  std::fflush(stdout);
  return {};
}

void Serve::tick_later() {
  tick_.expires_after(kTickPeriod);
  tick_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    api_.handle_tick();
    recordings_.handle_tick();
    if (const base::Instant now = clock_.now(); now - tls_looked_at_ >= kTlsLookPeriod) {
      tls_looked_at_ = now;
      reload_tls();
    }
    tick_later();
  });
}

void Serve::wait_for_reload() {
  reload_signal_.async_wait([this](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    reload_tls();
    wait_for_reload();
  });
}

/// Certificates are renewed every few weeks: what is new on the disk is for the next connections.
void Serve::reload_tls() {
  if (const auto reloaded = http_->reload_tls(); !reloaded) {
    log::error("serve", "the certificate in use stays: {}", reloaded.error().message);
  }
}

/// What was asked is answered; who asks later waits in the queue of a socket that outlives us.
void Serve::drain() {
  http_->drain();
  wait_for_answers(clock_.now() + kDrainMax);
}

void Serve::wait_for_answers(base::Instant deadline) {
  if (http_->connections() == 0 || clock_.now() >= deadline) return io_.stop();
  auto soon = std::make_shared<boost::asio::steady_timer>(io_, std::chrono::milliseconds(20));
  soon->async_wait(
      [this, soon, deadline](boost::system::error_code) { wait_for_answers(deadline); });
}

void Serve::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    if (!config_.stop_shows_on_exit) return drain();
    log::info("serve", "stopping the shows");
    keepers_.stop_all();
    wait_for_shows(clock_.now() + kShowsStopMax);
  });
}

void Serve::wait_for_shows(base::Instant deadline) {
  // The keepers of an earlier serve may still have to dial back.
  const bool may_dial = clock_.now() < started_ + kRedialTime;
  if (!may_dial && !keepers_.is_any_running()) return drain();
  if (clock_.now() >= deadline) {
    keepers_.kill_all();
    return drain();
  }
  auto soon = std::make_shared<boost::asio::steady_timer>(io_, std::chrono::milliseconds(50));
  soon->async_wait([this, soon, deadline](boost::system::error_code) { wait_for_shows(deadline); });
}

void Serve::end() {
  if (http_) http_->stop();
}

}  // namespace

int run_serve(const ServeConfig& config) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto refuse = [](const base::Error& error) {
    fmt::print(stderr, "shelcaster serve: {}\n", error.message);
    return 1;
  };
  auto data = DataDir::open(config.data);
  if (!data) return refuse(data.error());
  runtime::SystemRandom random;
  auto admin = admin_token(config, *data, random);
  if (!admin) return refuse(admin.error());
  auto key = data->secret("token-key", kTokenKeyLength, random);
  if (!key) return refuse(key.error());
  auto hook_secret = webhook_secret(config, *data, random);
  if (!hook_secret) return refuse(hook_secret.error());
  auto store = store::SqliteStore::open(*data / "shelcaster.db");
  if (!store) return refuse(store.error());
  auto keeper_program = launch::Sibling::open("shelcaster-show");
  if (!keeper_program) return refuse(keeper_program.error());
  runtime::name_thread("control");
  control::ApiConfig api = api_config(config, *admin, key->text);
  Serve serve(config, std::move(*data), std::move(*store), std::move(api),
              std::move(*keeper_program), *hook_secret);
  if (auto started = serve.start(); !started) return refuse(started.error());
  serve.run();
  serve.end();
  log::info("serve", "ended{}", config.stop_shows_on_exit ? "" : "; shows go on");
  return 0;
}

}  // namespace shelcaster::app
