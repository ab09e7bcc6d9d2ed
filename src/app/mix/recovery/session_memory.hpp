#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/mix/roster/roster.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/endpoint.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/transport.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::app {

/// What the next process needs of a connected session, beside what its line puts into the sound
/// record. Holds keys and passwords: for the checkpoint's memory only.
struct SessionMemory {
  std::string id;
  std::string participant_id;
  int seat = kNoSeat;
  std::string source;  // of a listener
  bool is_whep = false;
  int line = -1;
  std::uint64_t number = 0;
  std::string etag;
  bool is_restarted = false;  // ICE, at least once
  rtc::TransportMemory transport;
  rtc::MediaConfig media;
  net::Endpoint remote;
};

/// The most that to_json() makes of a session, as text.
inline constexpr std::size_t kSessionMemoryBytesMax = 4'096;

boost::json::object to_json(const SessionMemory& session);
base::Result<SessionMemory> parse_session_memory(const boost::json::object& memory);

/// Overwrites the texts in what holds keys and is no longer needed.
void cleanse(boost::json::value& value);
/// The record's text; of the record nothing is left in memory.
base::SecretString serialize_secret(boost::json::value record);

}  // namespace shelcaster::app
