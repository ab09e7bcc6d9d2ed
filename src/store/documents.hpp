#pragma once

#include <boost/json.hpp>

#include "base/result.hpp"
#include "studio/model.hpp"

// The domain's things as documents: stored field names, which are the seed tables' where it has
// them. Reading ignores fields that it doesn't know, so that an older program can read a newer
// file.
namespace shelcaster::store {

boost::json::object to_document(const studio::Show&);
boost::json::object to_document(const studio::Participant&);
boost::json::object to_document(const studio::AudioRouting&);
boost::json::object to_document(const studio::Track&);
boost::json::object to_document(const studio::Tracklist&);
boost::json::object to_document(const studio::Queue&);
boost::json::object to_document(const studio::Deck&);
boost::json::object to_document(const studio::Session&);
boost::json::object to_document(const studio::Output&);

/// The error names the field that is missing or of the wrong type.
template <typename Thing>
base::Result<Thing> from_document(const boost::json::object&);

template <>
base::Result<studio::Show> from_document(const boost::json::object&);
template <>
base::Result<studio::Participant> from_document(const boost::json::object&);
template <>
base::Result<studio::AudioRouting> from_document(const boost::json::object&);
template <>
base::Result<studio::Track> from_document(const boost::json::object&);
template <>
base::Result<studio::Tracklist> from_document(const boost::json::object&);
template <>
base::Result<studio::Queue> from_document(const boost::json::object&);
template <>
base::Result<studio::Deck> from_document(const boost::json::object&);
template <>
base::Result<studio::Session> from_document(const boost::json::object&);
template <>
base::Result<studio::Output> from_document(const boost::json::object&);

}  // namespace shelcaster::store
