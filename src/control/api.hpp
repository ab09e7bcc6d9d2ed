#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "control/ports.hpp"
#include "link/messages.hpp"
#include "store/store.hpp"
#include "studio/ids.hpp"

namespace shelcaster::control {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// An HTTP request as the server read it. Header names in any case.
struct Request {
  std::string method;
  std::string target_path;  // as sent, percent-encoded, without the query
  std::string query;        // as sent, without '?'
  Headers headers;
  std::string body;                 // empty when the policy said to_file
  std::filesystem::path body_file;  // the spooled body; ownership passes to the Api's import job
  std::string body_file_sha256;     // in hex, when the request has an Idempotency-Key
  std::string remote_address;       // without port; for rate limits only
  std::string base_url;             // scheme://host[:port] as the client sees us
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// Below the folder of recordings, of ids and names that are ours: the body is this file, or the
  /// range of it that the request asks for. Empty: it isn't.
  std::string file = {};
};

/// Called exactly once per request, on the control thread, at once or later.
using Respond = std::function<void(Response)>;

/// What to do with the body of a request whose head was read.
struct BodyPolicy {
  std::uint64_t bytes_max = 0;
  bool to_file = false;
  std::string owner = {};  // of what goes to a file: a show's id, or "" for the station
};

/// One WebSocket client. Called on the control thread only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// A JSON text frame, one buffer for all who get it. `droppable` (levels) may be skipped when the
  /// client is slow; anything else must arrive or the connection must close (the client then
  /// resumes by event number).
  virtual void send(std::shared_ptr<const std::string> text, bool droppable) = 0;
  /// Of what was sent and the client hasn't taken yet.
  [[nodiscard]] virtual std::size_t waiting_bytes() const = 0;
  /// The client may stay no longer: 4401 its token has ended, 4403 its person was removed, 4410 the
  /// show was deleted (WebSocket close codes).
  virtual void close(int code, std::string_view reason) = 0;
};

using SubscriptionId = std::uint64_t;

struct Subscribe {
  studio::ShowId show_id;
  std::string token;  // from Authorization, ?token= or the subprotocol `bearer.<token>`
  std::optional<std::uint64_t> after;  // replay the events above this number after the snapshot
  std::shared_ptr<EventSink> sink;
  std::string remote_address = {};  // without port; for limits only
};

struct ApiConfig {
  std::string admin_token;  // opaque; empty = only signed admin tokens
  std::string token_key;    // ≥ 32 bytes; HS256 key of all tokens
  std::uint64_t json_bytes_max = 256 * 1024;
  std::uint64_t sdp_bytes_max = 64 * 1024;
  std::uint64_t upload_bytes_max = std::uint64_t{1} << 30U;
  std::size_t participants_max = 100;  // per show
  std::size_t tracks_max = 10'000;
  std::size_t tracklists_max = 1'000;
  std::size_t tracklist_tracks_max = 200'000;       // of all lists together; one show has a quarter
  std::size_t sessions_max = 1'000;                 // of one show
  std::size_t joins_per_minute_max = 60;            // per remote address
  std::size_t listener_offers_per_minute_max = 60;  // per remote address: WHEP without a seat
  std::size_t listeners_max = 64;                   // per show, the same
  std::size_t listeners_per_address_max = 16;
  std::size_t subscriptions_max = 1000;     // WebSocket clients per show
  std::size_t media_sessions_max = 10'000;  // per show, whose ICE credentials are remembered
  bool allow_private_urls = false;
  bool trusts_loopback = false;  // /metrics without a token from this machine
  bool allow_private_destinations = false;
  /// Per show, since why a destination fails tells what is there.
  std::size_t destination_changes_per_minute_max = 10;
  base::Duration start_timeout = std::chrono::seconds(15);
  base::Duration stop_timeout = std::chrono::seconds(15);
  base::Duration offer_timeout = std::chrono::seconds(8);
  base::Duration redial_timeout = std::chrono::seconds(6);
  std::int64_t token_lifetime_s = 14 * 24 * 3600;
  /// What a show's mixer does about a silent programme; 0 s: nothing.
  std::int64_t dead_air_after_s = 15;
  std::int64_t dead_air_threshold_db = -50;
  bool has_standby_bed = true;
  /// How much of a show's event log is kept.
  std::int64_t event_log_days = 30;
  std::int64_t event_log_mib = 8;
  /// Whether and how shows are recorded, and how long that is kept.
  bool has_recording = false;
  bool has_flac_recording = true;
  std::int64_t recording_reserve_mib = 0;      // at most a tenth of the disk
  std::int64_t recording_reserve_mib_min = 0;  // however small that is
  std::int64_t recording_days = 30;
};

struct ApiPorts {
  store::Store& store;
  Stages& stages;
  Media& media;
  ViewerCounts& viewers;
  const Processes& processes;
  Alarms& alarms;
  Recordings& recordings;
  ShowFiles& show_files;
  const Clock& clock;
  base::Random& random;
};

/// The control plane: every endpoint, the desired state of every show and the event streams. Lives
/// on one thread (the control thread), knows no sockets, and blocks on nothing but the store.
class Api {
 public:
  Api(ApiConfig, ApiPorts);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Once, before anything else: takes up shows that the last process left running. Their keepers
  /// have redial_timeout to dial back; then they are launched anew.
  void recover();

  /// Asked when a request's head is read: a limit for its body, or the refusal to send at once
  /// (unknown route, wrong token, too large, wrong content type).
  std::variant<BodyPolicy, Response> body_policy(const Request& head);
  void handle(Request, Respond);

  /// Whether the show is on the air or on its way there: its play list will have something soon.
  [[nodiscard]] bool is_expected_on_air(const studio::ShowId&);

  /// The first frames (snapshot, the first of the replayed events) are sent before this returns,
  /// the rest as the client takes them. The refusal is an HTTP response to the upgrade request.
  std::variant<SubscriptionId, Response> subscribe(Subscribe);
  void unsubscribe(SubscriptionId);

  /// A message from the show's keeper. The first on a connection is `hello`.
  void handle_link(const studio::ShowId&, const link::KeeperToServe& message);
  void handle_link_closed(const studio::ShowId&);
  /// The keeper's process ended.
  void handle_stage_exit(const studio::ShowId&, std::string_view detail);
  void handle_import(const ImportProgress&);
  /// A recording was removed by itself.
  void handle_recording_end(const studio::ShowId&, const std::string& recording_id, RecordingEnd);
  /// Each 250 ms: timeouts, resends, heartbeats.
  void handle_tick();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shelcaster::control
