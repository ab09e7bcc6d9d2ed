#pragma once

#include <boost/json.hpp>

#include "base/result.hpp"
#include "studio/model.hpp"

// The domain's things as documents: stored field names, which are the seed tables' where it has
// them. Reading ignores fields that it doesn't know, so that an older program can read a newer
// file.
namespace shelcaster::store {

/// Of a Show, Participant, AudioRouting, Track, Tracklist, Queue, Deck, Session or Output.
template <typename Thing>
boost::json::object to_document(const Thing&);

/// Of the same. The error names the field that is missing or of the wrong type.
template <typename Thing>
base::Result<Thing> from_document(const boost::json::object&);

}  // namespace shelcaster::store
