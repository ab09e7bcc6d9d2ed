#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studio/audio_routing.hpp"
#include "studio/seat_controls.hpp"

// What serve and the keeper tell: messages on their way down to the processes that make the sound.
namespace shelcaster::link {

struct Seat {
  std::string participant_id;
  std::string role;  // "HOST" | "CALLER"
  bool is_on_air = false;
  studio::SeatControls controls = {};
};

struct QueueItem {
  std::string item_id;
  std::string track_id;
  std::string path;
  double gain_db = 0;
  std::optional<std::int64_t> duration_ms;
  std::string title;
  std::string artist = {};
};

struct DeckHint {
  std::string item_id;  // empty: nothing on the deck
  std::int64_t position_ms = 0;
  std::string state = "STOPPED";
  std::int64_t number = 0;  // of the report that it comes from
};

/// How a show's programme is kept on the disk.
struct RecordingRules {
  bool has_flac = true;  // beside the AAC
  // Of the disk's room, that a recording leaves free: the first, but at most a tenth of the disk,
  // and never less than the second.
  std::int64_t reserve_mib = 0;
  std::int64_t reserve_mib_min = 0;
  friend bool operator==(const RecordingRules&, const RecordingRules&) = default;
};

/// A place that the programme is to go to, beside HLS.
struct OutputTarget {
  std::string id;
  std::string url;             // with the stream key: never log; empty where the kind needs none
  bool allow_private = false;  // it may lead to a private address
  /// Byte of the URL at which a stream key of its own begins.
  std::optional<std::int64_t> key_at = {};
  std::int64_t revision = 0;  // told back with the state
  bool is_constant_rate = false;
  std::string kind = "rtmp";                     // "rtmp" | "recording"
  std::optional<RecordingRules> recording = {};  // of that kind alone
  friend bool operator==(const OutputTarget&, const OutputTarget&) = default;
};

/// What is to be done about a programme that is silent. Absent: nothing.
struct DeadAir {
  std::int64_t after_ms = 0;  // 0: nothing
  double threshold_db = -50;
  bool has_bed = true;
  std::int64_t silence_until_ms = 0;  // declared, Unix time
};

/// How many may listen to the programme by WHEP without a seat.
struct ListenerLimits {
  int per_show = 64;
  int per_source = 16;
};

/// The whole desired state of a show. Idempotent; a receiver ignores versions below its own.
struct Desired {
  static constexpr std::string_view kType = "desired";
  std::int64_t version = 0;
  std::string show_id;
  std::string title;
  studio::AudioRouting routing;
  std::vector<Seat> seats;
  std::vector<QueueItem> queue;
  /// What was put on the deck without standing in the queue, with what is known of it by now.
  std::optional<QueueItem> played;
  DeckHint deck;
  std::vector<OutputTarget> outputs;
  DeadAir dead_air;
  ListenerLimits listeners;
};

/// A deck command. The receiver acknowledges every one and applies each id once.
struct Command {
  static constexpr std::string_view kType = "command";
  std::string id;
  std::string command;  // DECK_PLAY | DECK_PAUSE | DECK_STOP | DECK_SKIP | DECK_SEEK
  /// DECK_PLAY: empty resumes, or takes the first in the queue. DECK_SKIP: only if it is this one.
  std::string item_id;
  std::optional<std::int64_t> position_ms;
  /// DECK_PLAY of something that isn't in the queue, or in the part of it that the receiver knows.
  std::optional<QueueItem> item;
  /// The queue's item that the deck goes on with after one that isn't queued, where the receiver
  /// doesn't know what it played before.
  std::string over_item_id = {};
};

struct Offer {
  static constexpr std::string_view kType = "offer";
  std::string request_id;
  std::string session_id;
  std::string participant_id;  // empty: a listener of the programme
  std::string kind;            // "whip" | "whep"
  std::string sdp;
  std::string source = {};  // who listeners are counted by: a network, as text; empty: not known
  std::string replaces =
      {};  // the session that the client had before; empty: none that it tells of
};

struct IceRestart {
  static constexpr std::string_view kType = "ice_restart";
  std::string request_id;
  std::string session_id;
  std::string etag;  // "*": any
  std::string fragment;
};

/// Whether anybody looks at levels: without, the mixer makes none. No part of the desired state,
/// since it comes and goes with every page and needs no keeping. Until told, a mixer sends them.
struct Watch {
  static constexpr std::string_view kType = "watch";
  bool wants_levels = true;
};

struct CloseSession {
  static constexpr std::string_view kType = "close_session";
  std::string session_id;
};

/// The show is over: whoever gets it ends what it does, and itself.
struct Stop {
  static constexpr std::string_view kType = "stop";
};

// ---- of the keeper to its children alone

/// What publish is told of the desired state: a part of it, under the same name.
struct DesiredOutputs {
  static constexpr std::string_view kType = "desired";
  std::int64_t version = 0;
  std::string show_id;
  std::vector<OutputTarget> outputs;
};

/// What everybody wrote to until now is called `before`, and they are to write to `now`.
struct NewLog {
  static constexpr std::string_view kType = "new_log";
  std::string before;
  std::string now;
};

}  // namespace shelcaster::link
