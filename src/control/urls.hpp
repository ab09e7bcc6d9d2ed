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

/// A URL as people paste it, with blanks about it and blanks or letters beyond ASCII in it, as the
/// address that they mean: those are percent-encoded, and what is encoded stays.
std::string encoded_url(std::string_view text);

/// Refuses what isn't http(s) with a host, and hosts that are literally loopback, private,
/// link-local or otherwise not public, unless allowed. Names are checked again when they are
/// resolved, by whoever connects.
base::Result<void> check_media_url(const std::string& url, bool is_private_allowed);

struct OutputUrl {
  std::string url;         // without the key
  std::string stream_key;  // the last path segment, when there are two or more, and what follows it
};
/// rtmp:// or rtmps:// with a host and an application. Hosts are judged as those of tracks are.
base::Result<OutputUrl> parse_output_url(const std::string& url, bool is_private_allowed);

/// Whether two URLs lead to the same host and port by the same scheme.
bool has_same_host(const std::string& a, const std::string& b);

/// For people to read: "***" in place of a user's name and password and of every value of the query
/// (a signature, a pass phrase), and no fragment. Nothing but "***" when it is no URL.
std::string without_secrets(std::string_view url);
/// What a URL's path ends with, decoded: "https://a/b/My%20Song.mp3?x" → "My Song.mp3". May be
/// empty.
std::string file_name_of(std::string_view url);

}  // namespace shelcaster::control
