#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace shelcaster::app {

/// The settings that the processes of a show have, too. serve hands them to the keeper, and the
/// keeper to its children, as one text by a descriptor (launch/handed_text.hpp), so that a setting
/// is spelt here, in its row (serve_settings()) and where it is used. No secret belongs here.
/// Meanings, units and reasons: config/shelcaster.toml.
struct ShowSettings {
  std::vector<std::string> media_ip{"127.0.0.1"};
  std::int64_t media_port_min = 0;
  std::int64_t media_port_max = 0;
  std::int64_t tape_s = 12;
  std::string rtmps_ca_file;
  std::int64_t returns_channels = 2;
  std::int64_t returns_bitrate_bps = 96'000;
  std::int64_t returns_complexity = 2;
  std::string log_level = "info";
};

/// JSON, by the names that the settings have in the file: {"opus.returns_channels":2, …}.
std::string to_text(const ShowSettings& settings);
/// What is missing has its default, and what isn't a setting of a show is left alone.
base::Result<ShowSettings> parse_show_settings(std::string_view text);
/// What `--settings-fd` hands over; -1 are the defaults. Closes it.
base::Result<ShowSettings> take_show_settings(int fd);

/// What is wrong with them beyond the limits of each, in words for who set them.
std::vector<std::string> mistakes_in(const ShowSettings& settings);

}  // namespace shelcaster::app
