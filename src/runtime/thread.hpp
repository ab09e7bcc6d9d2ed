#pragma once

#include <string_view>

namespace shelcaster::runtime {

/// What raise_thread_priority got: real time is best, nice −20 nearly as good on a busy machine.
enum class ThreadPriority { kFifo50, kNiceMinus20, kNormal };

/// "SCHED_FIFO 50", "nice -20" or "normal", for the log.
[[nodiscard]] std::string_view to_string(ThreadPriority priority);

/// Names the calling thread as top and gdb show it; cut to 15 characters.
void name_thread(std::string_view name);

/// Asks for SCHED_FIFO 50 for the calling thread, else nice −20, else leaves it as it is.
/// SCHED_RESET_ON_FORK is set, so that no child inherits real time.
ThreadPriority raise_thread_priority();

/// Locks this process's memory, so that no page fault meets the audio thread. False where the
/// memlock limit forbids it; nothing is locked then.
bool lock_memory();

}  // namespace shelcaster::runtime
