#pragma once

#include "control/detail/desk.hpp"

// Whose tracks and tracklists are: a show's, whose hosts alone see and change them, or the
// station's, which every show may play and only an admin changes.
namespace shelcaster::control::detail {

/// Of what this asker makes: their show's, or the station's when an admin does.
studio::Owner owner_of(const Identity& who);
bool may_see(const Identity& who, const studio::Owner& owner);
/// 403 for a host when it is the station's. `what` is its name for a person.
void require_change(const Identity& who, const studio::Owner& owner, std::string_view what);
/// "station" or the show's id.
std::string owner_text(const studio::Owner& owner);

/// Things of a database that knew no owners get one: a show that alone uses them, else the station.
/// And a show's owner who was removed, which can't happen any more, is seated again. At the start.
/// What can't be read is left alone, and the others are settled.
void settle_owners(Core& core);

}  // namespace shelcaster::control::detail
