#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace shelcaster::base {

/// Why an input was refused or an outside thing failed, in words for a person: what, where, what to
/// do (`outputs[0].url: scheme must be rtmp or rtmps (got "http")`). A bug is no Error: it aborts.
struct Error {
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace shelcaster::base
