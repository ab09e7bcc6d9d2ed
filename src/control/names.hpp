#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What people call themselves and their things is shown to others, beside other people's words.
namespace shelcaster::control {

/// Why a text can't be a name or title, to follow "it"; nothing when it can. It must not hold
/// control characters, nor characters that turn the direction of what stands around it, nor pile
/// marks on a letter, and there must be something to see.
std::optional<std::string_view> problem_of_name(std::string_view utf8);

/// For a name that nobody can be asked to give better, as a file's tag: without the characters that
/// problem_of_name() refuses, of at most `bytes_max` bytes. Empty when nothing is left to see, or
/// when it isn't UTF-8.
std::string cleaned_name(std::string_view utf8, std::size_t bytes_max);

}  // namespace shelcaster::control
