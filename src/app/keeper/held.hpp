#pragma once

#include "app/keeper/keeper_role.hpp"
#include "app/keeper/show_note.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "runtime/udp_socket.hpp"
#include "tape/checkpoint.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// What outlives the keeper's children: each of them inherits its part.
struct Held {
  runtime::UdpSocket socket;
  tape::Tape tape;
  tape::TapeReader tape_reader;
  tape::Checkpoint checkpoint;
  base::UniqueFd settings;  // as a text: see ShowSettings
};

/// The port is that of the keeper before this one, if it is free.
base::Result<Held> make_held(const KeeperOptions& options, const ShowNote& note);

}  // namespace shelcaster::app
