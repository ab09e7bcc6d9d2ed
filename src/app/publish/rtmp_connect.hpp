#pragma once

#include <string>

#include "output/rtmp/rtmp_transport.hpp"

namespace shelcaster::app {

/// Connects RTMP publishers by runtime::OutboundStream. `ca_file`: whom to trust; empty: the
/// system's authorities.
output::RtmpConnect make_rtmp_connect(std::string ca_file, bool is_private_allowed);

}  // namespace shelcaster::app
