#pragma once

#include <span>
#include <string>
#include <vector>

namespace shelcaster::app {

/// A sentence for each variable of `environment` ("NAME=value", as in ::environ without its end)
/// that begins as ours do and that nothing reads: a misspelt one would be a setting that isn't
/// taken. It tells the nearest name that there is, and never a value.
std::vector<std::string> unknown_variables(std::span<const char* const> environment);

}  // namespace shelcaster::app
