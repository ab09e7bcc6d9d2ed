#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the processes of a show tell: messages on their way up to serve. Figures of how they do are
// in figures.hpp.
namespace shelcaster::link {

struct Hello {
  static constexpr std::string_view kType = "hello";
  std::string show_id;
  std::int64_t pid = 0;
  std::int64_t desired_version = 0;
  std::int64_t epoch_unix_ms = 0;
};

struct Ack {
  static constexpr std::string_view kType = "ack";
  std::string id;
  bool is_ok = true;
  std::string error;
};

/// To an Offer or an IceRestart (then `sdp` is a fragment).
struct Answer {
  static constexpr std::string_view kType = "answer";
  std::string request_id;
  std::string sdp;
  std::string etag;
};

struct Refuse {
  static constexpr std::string_view kType = "refuse";
  std::string request_id;
  int status = 500;  // HTTP
  std::string detail;
  std::string reason = {};  // a word for programs; empty: none
};

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

struct SeatReport {
  static constexpr std::string_view kType = "seat";
  std::string participant_id;
  std::string session_id;
  std::string connection;  // "connecting" | "connected" | "disconnected"
  bool is_publishing = false;
  std::optional<SeatStats> stats;  // nothing has been measured yet: {} in JSON
};

/// A person hears their return by a connection of its own, whether or not they are heard: told
/// every few seconds for as long as they do.
struct Listens {
  static constexpr std::string_view kType = "listens";
  std::string participant_id;
};

/// A mixer has started: the sessions that it has taken over from the one before. All others of the
/// show are over.
struct Sessions {
  static constexpr std::string_view kType = "sessions";
  std::vector<std::string> ids;
  bool is_deck_kept = false;  // what the deck played it plays on
};

struct DeckReport {
  static constexpr std::string_view kType = "deck";
  std::string state;  // STOPPED | PLAYING | PAUSED
  std::string item_id;
  std::int64_t position_ms = 0;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::string> title;  // nothing: as there is nothing on the deck
  bool is_buffering = false;
  std::int64_t underruns = 0;
  /// Counted by the show's keepers, so that a newer one is known from what a keeper before has
  /// left. Nothing: the mixer's own, which no keeper has passed on yet.
  std::optional<std::int64_t> number;
  friend bool operator==(const DeckReport&, const DeckReport&) = default;
};

struct DeckItemEnded {
  static constexpr std::string_view kType = "deck_item_ended";
  std::string item_id;
  std::string reason;  // END | SKIP | STOP | ERROR
  std::string error;
  bool is_repeated = false;  // by another keeper: it may have been told before
  friend bool operator==(const DeckItemEnded&, const DeckItemEnded&) = default;
};

/// The programme is silent, and the mixer does something about it.
struct DeadAirStarted {
  static constexpr std::string_view kType = "dead_air";
  std::string started;  // "queue" | "bed" | "nothing"
  /// It is needless: somebody is heard.
  std::optional<bool> is_false;
};

struct DeadAirEnded {
  static constexpr std::string_view kType = "dead_air_ended";
  std::string reason;  // "voice" | "silence" | "sound" | "queue_end" | "deck"
  std::optional<std::int64_t> lasted_ms;
  std::optional<bool> is_false;
};

/// The show has ended, and so does its keeper.
struct Stopped {
  static constexpr std::string_view kType = "stopped";
};

}  // namespace shelcaster::link
