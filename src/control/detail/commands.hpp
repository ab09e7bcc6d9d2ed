#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/detail/core.hpp"
#include "control/live_board.hpp"
#include "link/messages.hpp"

// Deck commands from the one who gives them to the store, where the show's Runner finds them: all
// that are kept there are on their way to the mixer, in their order.
namespace shelcaster::control::detail {

/// Of one show that its mixer has not acknowledged. A deck is operated by people.
inline constexpr std::size_t kCommandsMax = 128;

enum class GivenBy { kDesk, kSystem };

/// A command that the mixer hasn't acknowledged.
struct StoredCommand {
  std::string key_id;  // in the store, which keeps them in its order
  link::Command command;
  /// What it puts on the deck can't be played yet: it is not given before, and only until then.
  std::optional<studio::TrackId> awaits = {};
};

/// In their order. `unusable`: gets the ids of those that can't be read or are too large, which are
/// left out.
std::vector<StoredCommand> stored_commands(Core&, const studio::ShowId&,
                                           std::vector<std::string>* unusable = nullptr);
void put_command(const studio::ShowId&, const StoredCommand&, Change&);
/// Out of the store, and into the log why.
void prepare_drop(const studio::ShowId&, const StoredCommand&, std::string_view why, Change&);
/// Before all that are there.
std::string first_key(const link::Command&);

/// Adds a deck command to the change; its commit rings the Runner. Something that isn't queued and
/// can't be played yet waits while something else is on the deck; what the desk commands next comes
/// instead of it. 503 when too many wait for the mixer.
void prepare_command(Core&, const LiveBoard&, const studio::ShowId&, const link::Command&, Change&,
                     GivenBy = GivenBy::kSystem);
/// The item that a SKIP given now means: skipping what somebody hears, it does nothing when the
/// deck has gone on by itself or the command comes twice. Empty: nothing plays. Throws 503 while
/// that is not known: no keeper has reported to this Runner yet.
studio::ItemId skipped_by_next(Core&, const LiveBoard&, const studio::ShowId&);
/// What is on the deck when all that was commanded is done; empty: nothing.
studio::ItemId plays_next(const studio::Deck&, const std::vector<StoredCommand>&,
                          const std::vector<studio::QueueItem>&);
/// The deck goes on to the next item, if it still is at this one.
void skip(Core&, const LiveBoard&, const studio::ShowId&, const studio::ItemId&);

}  // namespace shelcaster::control::detail
