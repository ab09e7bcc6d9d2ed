#pragma once

#include <optional>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::runtime {

/// The listening socket that a service manager opened for this process and keeps while it restarts
/// (sd_listen_fds(3): LISTEN_FDS, LISTEN_PID); nothing when there is none. The variables are
/// removed, so that children don't take it for theirs. Once, before there are threads.
base::Result<std::optional<base::UniqueFd>> take_handed_socket();

}  // namespace shelcaster::runtime
