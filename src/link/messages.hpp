#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// The messages of the links as types, for both ends. `to_json` writes, `parse_…` reads; a reader
// ignores fields that it doesn't know, so that the two ends may be of different versions. Errors
// name the message and the field.
namespace shelcaster::link {

/// The "type" of a message; empty when it has none.
std::string_view type_of(const boost::json::object&);

// ---- serve → keeper

struct Seat {
  std::string participant_id;
  std::string role;  // "HOST" | "CALLER"
  bool is_on_air = false;
  int volume = 100;  // 0–100
  bool is_muted = false;
};

struct QueueItem {
  std::string item_id;
  std::string track_id;
  std::string path;
  double gain_db = 0;
  std::optional<std::int64_t> duration_ms;
  std::string title;
};

boost::json::object to_json(const QueueItem&);
base::Result<QueueItem> parse_queue_item(const boost::json::object&);

struct Routing {
  int tracklist_volume = 30, host_volume = 100, callers_volume = 80, master_volume = 100;  // 0–100
  bool is_compression_enabled = true;
  double compression_threshold_db = -20, compression_ratio = 4;
  bool is_limiter_enabled = true;
  double limiter_ceiling_db = -1;
};

struct DeckHint {
  std::string item_id;  // empty: nothing on the deck
  std::int64_t position_ms = 0;
  std::string state = "STOPPED";
  std::int64_t number = 0;  // of the report that it comes from
};

struct OutputTarget {
  std::string id;
  std::string url;  // with the stream key: never log
};

/// What is to be done about a programme that is silent. Absent: nothing.
struct DeadAir {
  std::int64_t after_ms = 0;  // 0: nothing
  double threshold_db = -50;
  bool has_bed = true;
  std::int64_t silence_until_ms = 0;  // declared, Unix time
};

/// The whole desired state of a show. Idempotent; a receiver ignores versions below its own.
struct Desired {
  std::int64_t version = 0;
  std::string show_id;
  std::string title;
  Routing routing;
  std::vector<Seat> seats;
  std::vector<QueueItem> queue;
  DeckHint deck;
  std::vector<OutputTarget> outputs;
  DeadAir dead_air;
};
boost::json::object to_json(const Desired&);
base::Result<Desired> parse_desired(const boost::json::object&);

/// A deck command. The receiver acknowledges every one and applies each id once.
struct Command {
  std::string id;
  std::string command;  // DECK_PLAY | DECK_PAUSE | DECK_STOP | DECK_SKIP | DECK_SEEK
  /// DECK_PLAY: empty resumes, or takes the first in the queue. DECK_SKIP: only if it is this one.
  std::string item_id;
  std::optional<std::int64_t> position_ms;
  std::optional<QueueItem> item;  // DECK_PLAY of something that isn't in the queue
};
boost::json::object to_json(const Command&);
base::Result<Command> parse_command(const boost::json::object&);

struct Offer {
  std::string request_id;
  std::string session_id;
  std::string participant_id;  // empty: a listener of the programme
  std::string kind;            // "whip" | "whep"
  std::string sdp;
};
boost::json::object to_json(const Offer&);
base::Result<Offer> parse_offer(const boost::json::object&);

struct IceRestart {
  std::string request_id;
  std::string session_id;
  std::string etag;  // "*": any
  std::string fragment;
};
boost::json::object to_json(const IceRestart&);
base::Result<IceRestart> parse_ice_restart(const boost::json::object&);

/// Whether anybody looks at levels: without, the mixer makes none. No part of the desired state,
/// since it comes and goes with every page and needs no keeping. Until told, a mixer sends them.
struct Watch {
  bool wants_levels = true;
};
boost::json::object to_json(const Watch&);
base::Result<Watch> parse_watch(const boost::json::object&);

boost::json::object close_session(std::string_view session_id);
boost::json::object stop();

// ---- keeper → serve

struct Hello {
  std::string show_id;
  std::int64_t pid = 0;
  std::int64_t desired_version = 0;
  std::int64_t epoch_unix_ms = 0;
};
boost::json::object to_json(const Hello&);
base::Result<Hello> parse_hello(const boost::json::object&);

struct Ack {
  std::string id;
  bool is_ok = true;
  std::string error;
};
boost::json::object to_json(const Ack&);
base::Result<Ack> parse_ack(const boost::json::object&);

/// To an Offer or an IceRestart (then `sdp` is a fragment).
struct Answer {
  std::string request_id;
  std::string sdp;
  std::string etag;
};
boost::json::object to_json(const Answer&);
base::Result<Answer> parse_answer(const boost::json::object&);

struct Refuse {
  std::string request_id;
  int status = 500;  // HTTP
  std::string detail;
};
boost::json::object to_json(const Refuse&);
base::Result<Refuse> parse_refuse(const boost::json::object&);

/// How a person's sound arrives, and what they say of what we send them.
struct SeatStats {
  double loss_percent = 0;          // of their packets, over about the last second
  double concealed_percent = 0;     // of their sound, made up because a packet was lost or late
  double jitter_ms = 0;             // RFC 3550 §6.4.1
  double delay_ms = 0;              // from the fastest packet to the mix
  double rtt_ms = 0;                // 0 until a report came back
  std::optional<double> drift_ppm;  // their clock against ours, once known; above 0 it is fast
  double return_loss_percent = 0;   // what they say they lost of ours
};
boost::json::object to_json(const SeatStats&);

struct SeatReport {
  std::string participant_id;
  std::string session_id;
  std::string connection;  // "connecting" | "connected" | "disconnected"
  bool is_publishing = false;
  std::optional<SeatStats> stats;  // nothing has been measured yet: {} in JSON
};
boost::json::object to_json(const SeatReport&);
base::Result<SeatReport> parse_seat_report(const boost::json::object&);

/// A mixer has started: the sessions that it has taken over from the one before. All others of the
/// show are over.
struct Sessions {
  std::vector<std::string> ids;
  bool is_deck_kept = false;  // what the deck played it plays on
};
boost::json::object to_json(const Sessions&);
base::Result<Sessions> parse_sessions(const boost::json::object&);

struct DeckReport {
  std::string state;  // STOPPED | PLAYING | PAUSED
  std::string item_id;
  std::int64_t position_ms = 0;
  std::optional<std::int64_t> duration_ms;
  std::string title;
  /// Counted by the show's keepers, so that a newer one is known from what a keeper before has
  /// left.
  std::int64_t number = 0;
};
boost::json::object to_json(const DeckReport&);
base::Result<DeckReport> parse_deck_report(const boost::json::object&);

struct DeckItemEnded {
  std::string item_id;
  std::string reason;  // END | SKIP | STOP | ERROR
  std::string error;
  bool is_repeated = false;  // by another keeper: it may have been told before
};
boost::json::object to_json(const DeckItemEnded&);
base::Result<DeckItemEnded> parse_deck_item_ended(const boost::json::object&);

}  // namespace shelcaster::link
