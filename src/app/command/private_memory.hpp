#pragma once

namespace shelcaster::app {

/// Keys, passwords and tokens of a process stay in it: from now on no core of it is made, whatever
/// the limits and the machine's core handler, and no other process of the same user may read its
/// memory or trace it. Its children begin without this.
void keep_memory_private();

}  // namespace shelcaster::app
