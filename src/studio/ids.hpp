#pragma once

#include "base/strong_id.hpp"

// The names of the domain's things. In text: a prefix and 12 random characters ("show-4fG…").
namespace shelcaster::studio {

using ShowId = base::StrongId<struct ShowIdTag>;
using ParticipantId = base::StrongId<struct ParticipantIdTag>;
using TrackId = base::StrongId<struct TrackIdTag>;
using TracklistId = base::StrongId<struct TracklistIdTag>;
using ItemId = base::StrongId<struct ItemIdTag>;
using SessionId = base::StrongId<struct SessionIdTag>;

}  // namespace shelcaster::studio
