#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

// The log, a line an event: time, level, role, component, text. Never call it on the audio thread.
// Secrets and personal data (tokens, keys, SDP, user names, remote addresses) never go in: log ids.
namespace shelcaster::base::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

/// Once per process, before the first line. `role` stands in every line ("serve", "mix show-1").
void start(std::string_view role, Level threshold);
void write(Level level, std::string_view component, std::string_view text);

template <typename... Args>
void debug(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kDebug, component, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void info(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kInfo, component, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kWarn, component, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void error(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(Level::kError, component, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace shelcaster::base::log
