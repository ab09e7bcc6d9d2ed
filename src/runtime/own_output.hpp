#pragma once

#include <filesystem>

namespace shelcaster::runtime {

/// A log that this process and others append to has been renamed to `before`, and there is a new
/// one: what the descriptor writes goes there from now on, if it went to the old one. No line is
/// lost: until then they are appended to the old one, and a write goes to the one or the other.
/// Anything else that the descriptor may be, a terminal say, is left alone.
void follow_log(int fd, const std::filesystem::path& before, const std::filesystem::path& now);

/// The same for this process's standard output and error.
void follow_own_log(const std::filesystem::path& before, const std::filesystem::path& now);

}  // namespace shelcaster::runtime
