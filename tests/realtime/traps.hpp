#pragma once

/// Two traps for a thread that must never wait. Whatever falls into one is named on standard error,
/// with a backtrace, and the process aborts:
///
/// - the kernel's: a seccomp filter of the calling thread alone lets only those system calls pass
///   that AudioLoop states;
/// - the linker's: malloc and its family (so operator new too), free, and the pthread functions
/// that
///   lock or wait are this program's own, which look whether the thread has entered.
namespace shelcaster::realtime {

/// From here on the calling thread is a real-time thread. Once only for a thread.
void enter();
/// Opens the linker's trap. The kernel's can't be opened: such a thread can't even end.
void leave() noexcept;
/// Where a thread that has entered stays until the process ends.
[[noreturn]] void stay() noexcept;

}  // namespace shelcaster::realtime
