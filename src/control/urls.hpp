#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::control {

/// "%20" → " "; nothing when a % isn't followed by two hex digits or the result isn't UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);
/// Parameters of a query; the last of a name wins, malformed ones are left out.
std::map<std::string, std::string> query_parameters(std::string_view query);

/// Refuses what isn't http(s) with a host, and hosts that are literally loopback, private,
/// link-local or otherwise not public, unless allowed. Names are checked again when they are
/// resolved, by whoever connects.
base::Result<void> check_media_url(const std::string& url, bool is_private_allowed);

struct OutputUrl {
  std::string url;         // without the key
  std::string stream_key;  // the last path segment, when there are two or more
};
/// rtmp:// or rtmps:// with a host and an application.
base::Result<OutputUrl> parse_output_url(const std::string& url);

}  // namespace shelcaster::control
