#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

namespace shelcaster::app {

/// What the control plane wants publish to do with one destination. The URL has the stream key in
/// it: never logged.
struct DesiredOutput {
  std::string id;
  std::string url;
  friend bool operator==(const DesiredOutput&, const DesiredOutput&) = default;
};

/// The first of `outputs` in a `desired` message; nothing if there is none. Entries that lack an id
/// or URL are left out.
std::optional<DesiredOutput> desired_output(const boost::json::object& desired);

}  // namespace shelcaster::app
