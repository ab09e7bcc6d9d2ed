#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "studio/audio_routing.hpp"
#include "studio/ids.hpp"
#include "studio/lifecycle.hpp"
#include "studio/seat_controls.hpp"

namespace shelcaster::studio {

struct Show {
  ShowId id;
  std::string title;
  ShowStatus status = ShowStatus::kCreating;
  ParticipantId host_user_id;  // the seat of the show's own host token
  CompositionStatus composition_status = CompositionStatus::kStopped;
  std::int64_t task_number = 0;  // compositions launched so far; 0: none yet
  TracklistId tracklist_id;      // empty: none
  std::string error;             // why the status is ERROR, for a person
  base::WallTime created_at;
  base::WallTime updated_at;
  /// Links for any caller with another number were replaced.
  std::int64_t invitation_number = 0;
  /// Marks of networks from which nobody joins by the link for any caller; the newest last.
  std::vector<std::string> banned_networks;
};

enum class Role { kHost, kCaller, kVirtualParticipant };
std::string_view to_string(Role);
std::optional<Role> parse_role(std::string_view);

/// A person's seat, for ever: a refresh or a new connection with the same token is the same row.
/// Whether they are connected now is not kept here: the stage reports it.
struct Participant {
  ParticipantId id;
  ShowId show_id;
  std::string username;
  Role role = Role::kCaller;
  bool is_on_air = false;
  bool has_been_on_air = false;
  bool has_been_connected = false;
  bool is_kicked = false;
  bool is_self_muted = false;       // by their own page, which then sends silence
  bool is_invited_by_name = false;  // by a host or admin, not by the link that anybody may have
  /// They have made an offer since they came, and so have a place in the mixer.
  bool is_seated = false;
  /// They left long ago, and are no part of what a show works with until they come back.
  bool is_past = false;
  SeatControls controls;
  base::WallTime joined_at;
  std::optional<base::WallTime> left_at;
  /// The media sessions by which they were here, the newest last; those before it were replaced.
  std::vector<std::string> sessions;
  /// Marks of the networks that they came from, the newest last.
  std::vector<std::string> networks;
};

/// Whose a track or tracklist is: a show's, or with an empty id the station's. Nothing: not decided
/// yet, as in a database that knew no owners; it counts as the station's until then.
using Owner = std::optional<ShowId>;
/// The station's things are there for every show, a show's own for it alone.
[[nodiscard]] inline bool may_use(const ShowId& show, const Owner& owner) {
  return !owner || owner->empty() || *owner == show;
}

enum class TrackStatus { kImporting, kReady, kFailed };
std::string_view to_string(TrackStatus);
std::optional<TrackStatus> parse_track_status(std::string_view);

struct Track {
  TrackId id;
  std::string title;
  bool is_title_given = false;  // by a person: the file's own tags don't replace it
  TrackStatus status = TrackStatus::kImporting;
  std::string error;
  std::string source;       // the URL, or "upload"
  std::string upload_type;  // of one: the uploader's Content-Type
  /// PLAY_MEDIA alone asked for it: while it is being fetched, it goes when no deck wants it.
  bool is_for_deck = false;
  std::optional<std::int64_t> duration_ms;
  std::optional<double> loudness_lufs;
  std::optional<double> true_peak_db;
  double gain_db = 0;
  std::string artist, album;  // as the file's tags say; empty: they don't
  std::string cover;          // the name of its file; empty: there is none
  std::string content_hash;   // of the file's bytes, in hex
  base::WallTime created_at;
  Owner owner = {};
};

inline constexpr double kTrackLoudnessLufs = -16;
inline constexpr double kTrackTruePeakDbMax = -1;
inline constexpr double kTrackGainDbMax = 20;
/// The gain that brings a track to kTrackLoudnessLufs (EBU R128 measure), as far as its true peak
/// stays below kTrackTruePeakDbMax and within ±kTrackGainDbMax.
double normalisation_gain_db(double loudness_lufs, double true_peak_db);

struct Tracklist {
  TracklistId id;
  std::string title;
  std::vector<TrackId> track_ids;
  base::WallTime created_at;
  base::WallTime updated_at;
  Owner owner = {};
};

struct QueueItem {
  ItemId id;
  TrackId track_id;
};

/// What a show plays, in order; the item on the deck stays in it until it has ended.
struct Queue {
  std::vector<QueueItem> items;
  /// False, and nothing changed, unless `order` has exactly the queue's ids, each once.
  bool reorder(const std::vector<ItemId>& order);
  bool remove(const ItemId&);
};

enum class DeckState { kStopped, kPlaying, kPaused };
std::string_view to_string(DeckState);
std::optional<DeckState> parse_deck_state(std::string_view);

struct Deck {
  DeckState state = DeckState::kStopped;
  ItemId item_id;  // empty: nothing on the deck
  std::string title;
  std::string artist, album, cover;  // of the track
  std::int64_t position_ms = 0;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::int64_t> report_number;  // the keepers' count
  /// Of the queue's items the one that is on the deck, or was before something that isn't queued
  /// took its place. Empty: none, or the deck has stopped.
  ItemId queue_item_id;
};

struct Session {
  SessionId id;
  ShowId show_id;
  base::WallTime created_at;
  std::optional<base::WallTime> ended_at;
};

struct Output {
  std::string id;
  std::string url;         // rtmp:// or rtmps://, without the key
  std::string stream_key;  // secret
  /// It was set when private destinations were allowed, or before they were asked for.
  bool allow_private = true;
  /// Another one with each change, so that what is told of the one before isn't taken for it.
  std::int64_t revision = 0;
  /// Picture and sound are filled up to the rates that are announced.
  bool is_constant_rate = false;
};

}  // namespace shelcaster::studio
